import { BlockList } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { TrustedClients } from './client-address.js';

function someBlocks() {
  const blocks = new BlockList();
  blocks.addSubnet('10.0.0.0', 8, 'ipv4');
  blocks.addSubnet('2001:db8::', 32, 'ipv6');
  return blocks;
}

describe('TrustedClients', () => {
  it.each([
    ['10.1.2.3', true],
    ['192.0.2.7', false],
    ['2001:db8::7', true],
    ['2001:db9::7', false],
  ])('finds %s in the trusted blocks: %s', (address, expected) => {
    const trusted = new TrustedClients(someBlocks());
    expect([trusted.includes(address), trusted.includes(address)]).toEqual([expected, expected]);
  });

  it('remembers the check of a client that comes again, also among many others', () => {
    const blocks = someBlocks();
    const check = vi.spyOn(blocks, 'check');
    const trusted = new TrustedClients(blocks);
    for (let i = 0; i < 30_000; i++) {
      trusted.includes('10.0.0.1');
      trusted.includes(`192.0.${i >> 8}.${i & 255}`);
    }
    expect(check.mock.calls.filter(([address]) => address === '10.0.0.1')).toHaveLength(1);
  });
});
