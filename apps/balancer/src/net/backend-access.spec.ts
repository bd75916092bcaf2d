import { once } from 'node:events';
import { createServer, type AddressInfo, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { BackendAccess, ForbiddenAddressError } from './backend-access.js';

function anAccess(networks?: string): BackendAccess {
  const access = new BackendAccess();
  access.restrictTo(loadBalancerConfig(networks === undefined ? {} : { BACKEND_NETWORKS: networks }).BACKEND_NETWORKS);
  return access;
}

/** The host of a URL as `url.hostname` has it, without brackets. */
const hostIn = (text: string) => new URL(`http://${text}/`).hostname.replace(/^\[|\]$/g, '');

describe('by default', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '[::1]',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '[fd12:3456::1]',
    '[::ffff:10.0.0.1]',
  ])('a backend may be at %s', (host) => {
    expect(anAccess().refusalOf(hostIn(host), 80)).toBeUndefined();
  });

  it.each(['8.8.8.8', '172.32.0.1', '172.15.255.255', '100.128.0.1', '[2001:db8::1]', '[::ffff:8.8.8.8]', '134744072'])(
    'no backend may be at %s',
    (host) => {
      expect(anAccess().refusalOf(hostIn(host), 80)).toBe('its address is not in BACKEND_NETWORKS');
    },
  );
});

describe('whatever BACKEND_NETWORKS says', () => {
  it.each([
    ['unspecified', ['0.0.0.0', '0', '0.1.2.3', '[::]', '[::ffff:0.0.0.0]']],
    ['multicast', ['224.0.0.1', '239.255.255.250', '[ff02::1]', '[::ffff:224.0.0.1]']],
    ['broadcast', ['255.255.255.255', '4294967295', '[::ffff:255.255.255.255]']],
    ['link-local', ['169.254.0.1', '[fe80::1]', '[febf::1]']],
    // 169.254.169.254 in the spellings of URLs, and through each translation from IPv6.
    ['link-local', ['169.254.169.254', '2852039166', '0xa9fea9fe', '0xa9.0xfe.0xa9.0xfe', '0251.0376.0251.0376']],
    [
      'link-local',
      ['169.254.43518', '169.16689662', '%31%36%39.254.169.254', '169。254。169。254', '169.254.169.254.'],
    ],
    ['link-local', ['[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '[0:0:0:0:0:ffff:a9fe:a9fe]', '[::a9fe:a9fe]']],
    ['link-local', ['[64:ff9b::169.254.169.254]', '[2002:a9fe:a9fe::1]', '[::ffff:0:a9fe:a9fe]']],
    [
      'cloud metadata',
      ['[fd00:ec2::254]', '[fd00:0ec2:0::0254]', '[fd20:ce::254]', '100.100.100.200', '168.63.129.16'],
    ],
    ['cloud metadata', ['[::ffff:100.100.100.200]', '0x646464c8', '[64:ff9b::100.100.100.200]']],
  ])('%s addresses are refused: %j', (kind, hosts) => {
    for (const host of hosts) {
      expect(anAccess('any').refusalOf(hostIn(host), 80), host).toBe(`${kind} addresses are never allowed`);
    }
  });

  it('an address with a zone is refused as without', () => {
    expect(anAccess('any').refusalOf('fe80::1%eth0', 80)).toBe('link-local addresses are never allowed');
  });

  it('other addresses are allowed by any, and only those that are listed by a list', () => {
    for (const host of ['8.8.8.8', '2001:db8::1']) expect(anAccess('any').refusalOf(host, 80)).toBeUndefined();
    const listed = anAccess('203.0.113.0/24, 2001:db8::7');
    expect(listed.refusalOf('203.0.113.9', 80)).toBeUndefined();
    expect(listed.refusalOf('2001:db8::7', 80)).toBeUndefined();
    for (const host of ['203.0.114.1', '2001:db8::8', '127.0.0.1']) {
      expect(listed.refusalOf(host, 80), host).toBe('its address is not in BACKEND_NETWORKS');
    }
  });
});

describe('the ports of this process', () => {
  const own = Object.values(networkInterfaces()).flatMap((found) => found?.map(({ address }) => address) ?? []);

  it.each(['127.0.0.1', '127.5.5.5', '::1', '::ffff:127.0.0.1', '0.0.0.0', 'localhost', 'a.localhost.', ...own])(
    'are refused at %s, other ports of it are not for that reason',
    (host) => {
      const access = anAccess('any');
      access.addOwnPort(5252);
      expect(access.refusalOf(host, 5252)).toBe('it is the balancer itself, and that would be a loop');
      expect(access.refusalOf(host, 5253)).not.toBe('it is the balancer itself, and that would be a loop');
    },
  );
});

describe('a connection', () => {
  const closers: (() => void)[] = [];
  afterEach(() => closers.splice(0).forEach((close) => close()));

  async function aServer() {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  /** Resolves with `connected`, or with the error. */
  function outcomeOf(access: BackendAccess, host: string, port: number, lookup?: LookupFunction): Promise<unknown> {
    return new Promise((resolve) => {
      const socket = access.connect({ host, port, lookup });
      socket.once('connect', () => resolve('connected')).once('error', resolve);
      closers.push(() => socket.destroy());
    });
  }

  /** Resolves every name to these addresses. */
  const to =
    (...addresses: string[]): LookupFunction =>
    (_host, _options, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );

  it('to an allowed address opens, by number and by name', async () => {
    const port = await aServer();
    expect(await outcomeOf(anAccess(), '127.0.0.1', port)).toBe('connected');
    expect(await outcomeOf(anAccess(), 'backend.invalid', port, to('127.0.0.1'))).toBe('connected');
    expect(await outcomeOf(anAccess(), 'localhost', port)).toBe('connected');
  });

  it('to an address where no backend may be fails, by number and by name', async () => {
    const access = anAccess('10.0.0.0/8');
    const port = await aServer();
    for (const attempt of [
      outcomeOf(access, '127.0.0.1', port),
      outcomeOf(access, 'backend.invalid', port, to('127.0.0.1')),
      outcomeOf(access, 'localhost', port),
    ]) {
      const error = await attempt;
      expect(error).toBeInstanceOf(ForbiddenAddressError);
      expect(error).toMatchObject({ syscall: 'connect', message: expect.stringMatching(/not in BACKEND_NETWORKS$/) });
    }
  });

  it('to a name uses only its allowed addresses', async () => {
    const port = await aServer();
    expect(await outcomeOf(anAccess(), 'mixed.invalid', port, to('169.254.1.1', '127.0.0.1'))).toBe('connected');
    expect(await outcomeOf(anAccess(), 'mixed.invalid', port, to('169.254.1.1', '8.8.8.8'))).toMatchObject({
      message: `no backend may be at mixed.invalid:${port}: link-local addresses are never allowed`,
    });
  });

  it('to a name that leads to this process fails', async () => {
    const port = await aServer();
    const access = anAccess();
    access.addOwnPort(port);
    expect(await outcomeOf(access, 'alias.invalid', port, to('127.0.0.1'))).toMatchObject({
      message: `no backend may be at alias.invalid:${port}: it is the balancer itself, and that would be a loop`,
    });
  });

  it('to a name that does not resolve has the error of the look-up', async () => {
    const fails: LookupFunction = (_host, _options, callback) =>
      callback(Object.assign(new Error('unknown'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), []);
    expect(await outcomeOf(anAccess(), 'nowhere.invalid', 1, fails)).toMatchObject({ code: 'ENOTFOUND' });
  });
});
