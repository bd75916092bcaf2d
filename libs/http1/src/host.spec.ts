// What a host and a port are.
import { isIPv6 } from 'node:net';
import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHost } from './host.js';

function accepts(text: string): boolean {
  const bytes = Buffer.from(`#${text}#`, 'latin1');
  return isHost(bytes, 1, bytes.length - 1);
}

describe('a host', () => {
  it.each(['a', 'example.org', 'a_b', 'a~b', '-', '10.0.0.1', 'a%20b', 'a:', 'a:0', 'a:0080', 'a:65535', '[::1]'])(
    'is %j',
    (text) => expect(accepts(text)).toBe(true),
  );

  it.each(
    [
      ['', ':80', 'a,b', 'a;b', 'a@b', 'a/b', '<x>', 'a b', 'a\\b', 'a?b', 'a#b', 'a"b', "a'b", 'a!b', 'a\xe4', 'a\0'],
      ['a%', 'a%4', 'a%zz', 'a:b', 'a:65536', 'a:000080', 'a:1:2', 'a:-1'],
      ['[::1', '[::1]x', '[::1]:x', '::1', '[]', '[:]', '[v1.a]', '[::1%25eth0]', '[1:2]', '[::1.2.3]', 'a[::1]', ']'],
    ].flat(),
  )('is not %j', (text) => expect(accepts(text)).toBe(false));

  it('in brackets is an IPv6 address as Node knows it', () => {
    const piece = constantFrom(
      ':',
      ':',
      '::',
      '0',
      '1',
      'ab',
      'FFFF',
      '12345',
      'g',
      '1.2.3.4',
      '1.2.3',
      '256.1.1.1',
      '.',
    );
    const groups = array(constantFrom('0', 'ab', 'FFFF'), { minLength: 1, maxLength: 9 }).map((all) => all.join(':'));
    for (const text of [array(piece, { maxLength: 16 }).map((all) => all.join('')), groups]) {
      assert(
        property(text, (address) => {
          expect([address, accepts(`[${address}]`)]).toEqual([address, isIPv6(address)]);
        }),
        { numRuns: 3000 },
      );
    }
  });
});
