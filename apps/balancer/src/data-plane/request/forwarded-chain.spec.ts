import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressIn, clientInForwarded, clientInForwardedFor } from './forwarded-chain.js';

const PEER = '10.0.0.1';
const trusting = (maxHops = 10) => ({ maxHops, isProxy: (address: string) => address.startsWith('10.') });
const inForwardedFor = (list: string, maxHops?: number) => clientInForwardedFor(list, PEER, trusting(maxHops));
const inForwarded = (list: string) => clientInForwarded(list, PEER, trusting());

describe('the client in X-Forwarded-For', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4'],
    ['6.6.6.6, 1.2.3.4', '1.2.3.4'],
    ['6.6.6.6, 1.2.3.4, 10.0.0.2', '1.2.3.4'],
    ['6.6.6.6,1.2.3.4,10.0.0.2,10.0.0.3', '1.2.3.4'],
    // All are proxies: the one furthest to the left.
    ['10.0.0.3, 10.0.0.2', '10.0.0.3'],
    [' 1.2.3.4 ', '1.2.3.4'],
    ['1.2.3.4:5678', '1.2.3.4'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:80', 'fe80::1'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:102:304', '1.2.3.4'],
  ])('of %s is %s', (list, client) => {
    expect(inForwardedFor(list)).toBe(client);
  });

  it.each([
    '',
    ',',
    '1.2.3.4,',
    'unknown',
    '_hidden',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '999.1.1.1',
    '01.2.3.4',
    '1.2.3.4:',
    '1.2.3.4:123456',
    '[1.2.3.4]',
    '[2001:db8::1',
    '2001:db8::1]:80',
    '[2001:db8::1]80',
    '"1.2.3.4"',
    '1.2.3.4 5.6.7.8',
    '1.2.3.4\t10.0.0.2',
    '<script>',
    ':'.repeat(100),
    '%',
  ])('%j names none', (list) => {
    expect(inForwardedFor(list)).toBeUndefined();
    // What stands to the left is not believed either.
    expect(inForwardedFor(`1.2.3.4, ${list}`)).toBe(undefined);
    // The last proxy that was named counts.
    expect(inForwardedFor(`${list}, 10.0.0.2`)).toBe('10.0.0.2');
  });

  it('is as many elements from the right as hops are trusted', () => {
    const list = '1.2.3.4, 10.0.0.4, 10.0.0.3, 10.0.0.2';
    const found = [1, 2, 3, 4, 5].map((hops) => inForwardedFor(list, hops));
    expect(found).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4', '1.2.3.4', '1.2.3.4']);
  });

  it('is found in a list of 1,000 elements, of which only the last ones are read', () => {
    const spoofed = Array.from({ length: 1000 }, (_, i) => `6.6.${i >> 8}.${i & 255}`).join(', ');
    expect(inForwardedFor(`${spoofed}, 1.2.3.4, 10.0.0.2`)).toBe('1.2.3.4');
    expect(inForwardedFor(Array.from({ length: 1000 }, () => '10.9.9.9').join(','))).toBe('10.9.9.9');
  });

  it('does not depend on what a client has written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (written) => {
        expect(inForwardedFor(`${written}, 1.2.3.4, 10.0.0.2`)).toBe('1.2.3.4');
        expect(inForwarded(`${written}, for=1.2.3.4, for=10.0.0.2;host="a\\"b"`)).toBe('1.2.3.4');
      }),
    );
  });
});

describe('the client in Forwarded', () => {
  it.each([
    ['for=1.2.3.4', '1.2.3.4'],
    ['For=1.2.3.4;Host=h;Proto=https', '1.2.3.4'],
    ['proto=https ; host="a,b;for=6.6.6.6" ; for="1.2.3.4:80"', '1.2.3.4'],
    ['for="[2001:db8::7]";proto=https', '2001:db8::7'],
    ['for="[2001:db8::7]:80", for=10.0.0.2', '2001:db8::7'],
    ['for=6.6.6.6;host="x, for=1.2.3.4', '1.2.3.4'],
    [String.raw`for=6.6.6.6;host="\", for=1.2.3.4;host="\\"`, '1.2.3.4'],
    ['for=1.2.3.4, for=10.0.0.3;by=10.0.0.2, for=10.0.0.2', '1.2.3.4'],
  ])('of %s is %s', (list, client) => {
    expect(inForwarded(list)).toBe(client);
  });

  it.each([
    '',
    'for',
    'for=',
    'for=""',
    'for=unknown',
    'for="_x"',
    'host=1.2.3.4',
    'xfor=1.2.3.4',
    'for=1.2.3.4"',
    '"',
    ';',
  ])('%j names none', (list) => {
    expect(inForwarded(list)).toBeUndefined();
  });
});

describe('the address in the name of a node', () => {
  it('is an address that a socket could show, or nothing', () => {
    fc.assert(fc.property(fc.ipV4(), (address) => addressIn(address) === address));
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const plain = addressIn(address);
        expect([plain, plain]).toEqual([addressIn(`[${address}]:80`), addressIn(address.toUpperCase())]);
        expect(plain).toMatch(/^[\da-f:.]+$/);
      }),
    );
  });
});
