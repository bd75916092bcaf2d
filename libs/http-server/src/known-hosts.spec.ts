import { describe, expect, it } from 'vitest';
import { isKnownHost } from './known-hosts.js';

const NAMES = new Set(['balancer', 'fairlead.example']);

describe('isKnownHost', () => {
  it.each(['127.0.0.1', '127.0.0.1:9797', '10.0.0.7:', '[::1]', '[::1]:9797', '[::ffff:10.0.0.7]', 'localhost:1'])(
    '%s: an address or localhost',
    (host) => expect(isKnownHost(host, new Set())).toBe(true),
  );

  it.each(['balancer', 'BALANCER:9797', 'fairlead.example'])('%s: one of the names', (host) => {
    expect(isKnownHost(host, NAMES)).toBe(true);
    expect(isKnownHost(host, new Set())).toBe(false);
  });

  it.each([
    '',
    ':9797',
    'evil.example',
    'balancer.evil.example',
    'sub.fairlead.example',
    'localhost.',
    'localhost.evil.example',
    'evil-localhost',
    '127.0.0.1.evil.example',
    '1.2.3',
    '::1',
    '[::1',
    '[::1]evil',
    '[evil.example]',
    '[127.0.0.1]',
    'localhost:80a',
    'localhost:80:80',
    'user@localhost',
    'localhost/evil',
    ' localhost',
  ])('%j: anything else', (host) => {
    expect(isKnownHost(host, NAMES)).toBe(false);
  });
});
