// Backends that DNS names, looked up with a server whose records a test changes.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BackendView } from '@fairlead/contracts';
import { expect, it } from 'vitest';
import { eventsOfKind, reload, startWithFile, type ConfiguredBalancer } from '../support/configuration-file.js';
import { DnsServer } from '../support/dns-server.js';
import { shared, type AtEnd } from '../support/lifetime.js';
import { backendIn, until } from '../support/processes.js';

/** A server on all loopback addresses, which says where it was reached. */
async function anUpstream(atEnd: AtEnd): Promise<number> {
  const server = createServer((request, response) => response.end(request.socket.localAddress));
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A file whose default pool looks up this. The shortest time between two lookups is a second. */
const fileFor = (discovery: object) =>
  JSON.stringify({ pools: { default: { discovery: { refresh: '1s', ...discovery } } } });

async function backendsOf({ control }: ConfiguredBalancer): Promise<BackendView[]> {
  return ((await (await fetch(`${control}/api/v1/backends`)).json()) as { backends: BackendView[] }).backends;
}

const idsOf = async (balancer: ConfiguredBalancer) => (await backendsOf(balancer)).map(({ id }) => id);

const set = shared(async (atEnd) => {
  const dns = await DnsServer.start(atEnd);
  const port = await anUpstream(atEnd);
  dns.records.set('api.test', [{ type: 'A', address: '127.0.0.2' }]);
  const text = fileFor({ name: 'api.test', port, resources: { compute: 3, storage: 1 } });
  const balancer = await startWithFile(text, { DNS_SERVERS: dns.address }, atEnd);
  return { dns, port, text, balancer };
});

it('they serve as soon as clients are accepted', async () => {
  const { balancer, port } = set.current;
  expect(await (await fetch(balancer.url)).text()).toBe('127.0.0.2');
  expect(await backendsOf(balancer)).toEqual([
    expect.objectContaining({
      id: `api.test/127.0.0.2:${port}`,
      url: `http://127.0.0.2:${port}`,
      source: 'dns',
      state: 'up',
      resources: { compute: 3, storage: 1 },
      lease: null,
    }),
  ]);
});

it('they join and leave as the records say', async () => {
  const { balancer, dns, port } = set.current;
  dns.records.set('api.test', [
    { type: 'A', address: '127.0.0.3' },
    { type: 'A', address: '127.0.0.4' },
  ]);
  await backendIn(balancer.control, `api.test/127.0.0.3:${port}`, 'up');
  await backendIn(balancer.control, `api.test/127.0.0.2:${port}`, 'gone');
  expect(await idsOf(balancer)).toEqual([`api.test/127.0.0.3:${port}`, `api.test/127.0.0.4:${port}`]);
});

it('no caller of the API removes them', async () => {
  const { balancer, port } = set.current;
  const id = encodeURIComponent(`api.test/127.0.0.3:${port}`);
  const response = await fetch(`${balancer.control}/api/v1/backends/${id}`, { method: 'DELETE' });
  expect(response.status).toBe(409);
  expect(await response.text()).toContain('was found by DNS');
});

it.each([
  ['the server fails', () => (set.current.dns.isFailing = true), 'the DNS server failed (SERVFAIL)'],
  ['the name is gone', () => void set.current.dns.records.delete('api.test'), 'the name does not exist (NXDOMAIN)'],
  ['the name has no records', () => void set.current.dns.records.set('api.test', []), 'the name has no such records'],
])('those that were found stay while %s; one event says so, and one that it is over', async (_, fail, cause) => {
  const { balancer, dns } = set.current;
  const [failed, recovered] = await Promise.all([
    eventsOfKind(balancer, 'discovery-failed'),
    eventsOfKind(balancer, 'discovery-recovered'),
  ]);
  const records = dns.records.get('api.test') ?? [];
  const ids = await idsOf(balancer);
  fail();
  await until(
    'it to be noticed',
    async () => (await eventsOfKind(balancer, 'discovery-failed')).length > failed.length,
  );
  const { lookups } = dns;
  await until('another lookup', () => dns.lookups > lookups);
  const [newest, ...more] = (await eventsOfKind(balancer, 'discovery-failed')).slice(failed.length);
  expect(newest.reason).toBe(`api.test (A) of the pool default: ${cause}; the backends found before stay`);
  expect(more).toEqual([]);
  expect(await idsOf(balancer)).toEqual(ids);
  dns.isFailing = false;
  dns.records.set('api.test', records);
  await until('it to recover', async () => {
    return (await eventsOfKind(balancer, 'discovery-recovered')).length === recovered.length + 1;
  });
});

it('an address where no backend may be is left out', async () => {
  const { balancer, dns, port } = set.current;
  dns.records.set('api.test', [
    { type: 'A', address: '127.0.0.5' },
    { type: 'A', address: '169.254.169.254' },
  ]);
  const { msg } = await balancer.process.logged('left out');
  expect(msg).toBe(
    `found by DNS for the pool default and left out: api.test/169.254.169.254:${port}: link-local addresses are never allowed`,
  );
  expect(await idsOf(balancer)).toContain(`api.test/127.0.0.5:${port}`);
});

it('records of services have ports of their own, and only those of the best priority count', async () => {
  const { balancer, dns, port } = set.current;
  dns.records.set('one.test', [{ type: 'A', address: '127.0.0.6' }]);
  dns.records.set('two.test', [{ type: 'AAAA', address: '0:0:0:0:0:0:0:1' }]);
  dns.records.set('_http._tcp.test', [
    { type: 'SRV', priority: 1, port, target: 'one.test' },
    { type: 'SRV', priority: 1, port: 81, target: 'two.test' },
    { type: 'SRV', priority: 2, port, target: 'three.test' },
  ]);
  balancer.write(fileFor({ name: '_http._tcp.test', record: 'SRV' }));
  await reload(balancer);
  await backendIn(balancer.control, `_http._tcp.test/127.0.0.6:${port}`, 'up');
  await until('the others to leave', async () => (await backendsOf(balancer)).length === 2);
  expect(await idsOf(balancer)).toEqual([`_http._tcp.test/127.0.0.6:${port}`, '_http._tcp.test/[::1]:81']);
});

it('addresses of IPv6 are found by AAAA', async () => {
  const { balancer } = set.current;
  balancer.write(fileFor({ name: 'two.test', record: 'AAAA', scheme: 'https' }));
  await reload(balancer);
  await until('it to be found', async () => (await idsOf(balancer)).join() === 'two.test/[::1]:443');
  expect((await backendsOf(balancer))[0].url).toBe('https://[::1]:443');
});

it('they leave when the file no longer looks them up', async () => {
  const { balancer, dns } = set.current;
  balancer.write('{}');
  await reload(balancer);
  await until('them to leave', async () => (await backendsOf(balancer)).length === 0);
  const { lookups } = dns;
  balancer.write(set.current.text);
  await reload(balancer);
  await until('a lookup', () => dns.lookups > lookups);
});
