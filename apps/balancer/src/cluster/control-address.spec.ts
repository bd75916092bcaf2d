import { expect, it } from 'vitest';
import { addressText } from './control-address.js';

it.each([
  ['127.0.0.1', '127.0.0.1:9797'],
  ['::ffff:10.0.0.5', '10.0.0.5:9797'],
  ['2001:db8::7', '[2001:db8::7]:9797'],
  ['0.0.0.0', 'lb-1:9797'],
  ['::', 'lb-1:9797'],
])('a socket that is bound to %s is reached at %s', (address, text) => {
  expect(addressText({ address, port: 9797 }, 'lb-1')).toBe(text);
});
