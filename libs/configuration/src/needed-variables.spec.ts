import { expect, it } from 'vitest';
import { requireNeeded } from './needed-variables.js';

it.each([
  [{ KEY: 'a' }, ['KEY needs CERTIFICATE, which is not set']],
  [{ KEY: 'a', CERTIFICATE: 'b' }, []],
  [{ CERTIFICATE: 'b' }, []],
  [{}, []],
])('requireNeeded(%j) is %j', (variables, sentences) => {
  expect(requireNeeded(variables, 'KEY', 'CERTIFICATE')).toEqual(sentences);
});
