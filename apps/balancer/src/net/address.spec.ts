import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import { bareHost, callerNetworkOf, embeddedIPv4, hostForUrl, isListed, isLoopback, plainAddress } from './address.js';

describe('plainAddress', () => {
  it.each([
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['::ffff:0:0', '0.0.0.0'],
    ['::ffff:ffff:ffff', '255.255.255.255'],
  ])('shows the IPv4-mapped address %s as %s', (mapped, plain) => {
    expect(plainAddress(mapped)).toBe(plain);
  });

  it('agrees with what URL parsing makes of every octet', () => {
    for (let octet = 0; octet < 256; octet++) {
      const address = `${octet}.${255 - octet}.${octet}.1`;
      expect(plainAddress(bareHost(new URL(`http://[::ffff:${address}]`).hostname))).toBe(address);
    }
  });

  it.each(['192.0.2.7', '::1', '2001:db8::ffff:1', '::ffff:1', '::ffff:1:2:3', '::ffff:host', ''])(
    'leaves %j as it is',
    (address) => {
      expect(plainAddress(address)).toBe(address);
    },
  );
});

describe('bareHost and hostForUrl', () => {
  it.each([
    ['[::1]', '::1'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['192.0.2.7', '192.0.2.7'],
    ['files.example', 'files.example'],
  ])('%s in a URL is %s on a socket', (inUrl, bare) => {
    expect(bareHost(inUrl)).toBe(bare);
    expect(hostForUrl(bare)).toBe(inUrl);
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1'])('%s is reached by this machine only', (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.7', 'fe80::1', '::ffff:10.0.0.7', 'localhost', ''])('%j is not', (address) => {
    expect(isLoopback(address)).toBe(false);
  });
});

describe('isListed', () => {
  it('is false for what is not an address', () => {
    const everything = new BlockList();
    everything.addSubnet('0.0.0.0', 0, 'ipv4');
    everything.addSubnet('::', 0, 'ipv6');
    expect(['10.0.0.7', 'fe80::1', '', 'host'].map((address) => isListed(everything, address))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('callerNetworkOf', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('counts %s as %s', (address, network) => {
    expect(callerNetworkOf(address)).toBe(network);
  });
});

describe('embeddedIPv4', () => {
  it.each([
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['0:0:0:0:0:FFFF:C000:0207', '192.0.2.7'],
    ['::192.0.2.7', '192.0.2.7'],
    ['::ffff:0:c000:207', '192.0.2.7'],
    ['64:ff9b::192.0.2.7', '192.0.2.7'],
    ['2002:c000:207::1', '192.0.2.7'],
    ['2002:c000:207:0:1:2:3:4', '192.0.2.7'],
  ])('finds in %s the address %s', (address, embedded) => {
    expect(embeddedIPv4(address)).toBe(embedded);
  });

  it.each(['::', '::1', '2001:db8::1', 'fd00::ffff:c000:207', '192.0.2.7', 'host', ''])(
    'finds none in %j',
    (address) => {
      expect(embeddedIPv4(address)).toBeUndefined();
    },
  );
});
