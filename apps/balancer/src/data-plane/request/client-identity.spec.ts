import { blockListOf } from '@fairlead/configuration';
import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AddressWarnings } from './address-warnings.js';
import { AddressList, ClientIdentity } from './client-identity.js';

const NETWORKS = ['10.0.0.0/8', '2001:db8::/32'];

describe('AddressList', () => {
  it.each([
    ['10.1.2.3', true],
    ['192.0.2.7', false],
    ['2001:db8::7', true],
    ['2001:db9::7', false],
    ['fe80::1%lo', false],
    ['', false],
  ])('finds %s in its blocks: %s', (address, expected) => {
    const list = new AddressList(blockListOf(NETWORKS));
    expect([list.includes(address), list.includes(address)]).toEqual([expected, expected]);
  });

  it('remembers the check of a client that comes again, also among many others', () => {
    const blocks = blockListOf(NETWORKS);
    const check = vi.spyOn(blocks, 'check');
    const list = new AddressList(blocks);
    for (let i = 0; i < 30_000; i++) {
      list.includes('10.0.0.1');
      list.includes(`192.0.${i >> 8}.${i & 255}`);
    }
    expect(check.mock.calls.filter(([address]) => address === '10.0.0.1')).toHaveLength(1);
  });
});

describe('ClientIdentity', () => {
  let warnings: string[];

  beforeEach(() => {
    warnings = [];
    vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => void warnings.push(String(message)));
  });
  afterEach(() => void vi.restoreAllMocks());

  const anIdentity = (hops = 10) =>
    new ClientIdentity(new AddressWarnings(), {
      TRUSTED_PROXIES: blockListOf(NETWORKS),
      TRUSTED_HOPS: hops,
      DEMAND_CLIENTS: blockListOf(['127.0.0.1']),
    });
  const clientOf = (address: string, fields: Record<string, string>, identity = anIdentity()) =>
    identity.clientOf(identity.peerOf({ remoteAddress: address } as Socket), (name) => fields[name]);

  it('knows the peer of a connection once for all its requests', () => {
    const identity = anIdentity();
    const socket = { remoteAddress: '::ffff:127.0.0.1' } as Socket;
    const peer = identity.peerOf(socket);
    expect(peer).toEqual({ address: '127.0.0.1', isProxy: false, mayDeclare: true });
    expect(identity.peerOf(socket)).toBe(peer);
  });

  it('takes the peer for the client unless it is a trusted proxy', () => {
    expect(clientOf('192.0.2.7', { 'x-forwarded-for': '1.2.3.4', forwarded: 'for=1.2.3.4' })).toBe('192.0.2.7');
    expect(clientOf('10.0.0.1', { 'x-forwarded-for': '1.2.3.4', forwarded: 'for=5.6.7.8' })).toBe('1.2.3.4');
    expect(clientOf('10.0.0.1', { forwarded: 'for=5.6.7.8' })).toBe('5.6.7.8');
    expect(warnings).toEqual([]);
  });

  it('warns once of a proxy that names no client, and takes it for the client', () => {
    const identity = anIdentity();
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.1']) {
      expect(clientOf(address, {}, identity)).toBe(address);
      expect(clientOf(address, { 'x-forwarded-for': 'unknown' }, identity)).toBe(address);
    }
    expect(warnings).toEqual([
      expect.stringMatching(/^10\.0\.0\.1 is in TRUSTED_PROXIES, but .* counts as the client/),
      expect.stringMatching(/^10\.0\.0\.2 is in TRUSTED_PROXIES/),
    ]);
  });
});
