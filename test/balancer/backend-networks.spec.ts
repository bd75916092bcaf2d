// Where a backend may be: BACKEND_NETWORKS at registration, and on every address that is connected to.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lastGet, request, response, upgradeTo } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { aNameTable } from '../support/names.js';
import { backendIn, startBalancer } from '../support/processes.js';
import { sendRaw } from '../support/raw-client.js';
import { aFolder } from '../support/supervisor.js';
import { join as joinFleet, register, tcpUpstream } from '../support/upstreams.js';

const RESOURCES = { compute: 10, storage: 10 };
const JSON_TYPE = { 'content-type': 'application/json' };

describe('a registration', () => {
  const balancer = shared((atEnd) => startBalancer({}, atEnd));
  const open = shared((atEnd) => startBalancer({ BACKEND_NETWORKS: 'any' }, atEnd));

  const messageOf = async (answered: Response) => ((await answered.json()) as { message: string }).message;

  it.each([
    ['http://8.8.8.8:80', 'no backend may be at 8.8.8.8: its address is not in BACKEND_NETWORKS'],
    ['http://[2001:db8::1]:8080', 'no backend may be at [2001:db8::1]:8080: its address is not in BACKEND_NETWORKS'],
  ])('of %s is refused unless BACKEND_NETWORKS allows it', async (url, message) => {
    const refused = await register(balancer.current.control, { url, resources: RESOURCES });
    expect(refused.status).toBe(400);
    expect(await messageOf(refused)).toBe(message);
    const { control } = open.current;
    expect((await register(control, { id: 'far', url, resources: RESOURCES })).status).toBe(201);
    await fetch(`${control}/api/v1/backends/far?now=true`, { method: 'DELETE' });
  });

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166',
    'http://0xa9.0xfe.0xa9.0xfe:80',
    'http://0251.0376.0251.0376',
    'http://[::ffff:169.254.169.254]',
    'http://[64:ff9b::a9fe:a9fe]',
    'http://[fd00:ec2::254]',
    'http://100.100.100.200',
    'http://[fe80::1]:8080',
    'http://0.0.0.0:8080',
    'http://[::]:8080',
    'http://224.0.0.1',
    'http://255.255.255.255',
  ])('of %s is refused, whatever BACKEND_NETWORKS says', async (url) => {
    for (const { control } of [balancer.current, open.current]) {
      const refused = await register(control, { url, resources: RESOURCES });
      expect(refused.status).toBe(400);
      expect(await messageOf(refused)).toMatch(/^no backend may be at .* addresses are never allowed$/);
    }
  });

  it('counts the address of the caller where it gives none', async () => {
    const { control } = await startBalancer({ BACKEND_NETWORKS: '10.0.0.0/8' });
    const refused = await register(control, { port: 8080, resources: RESOURCES });
    expect(refused.status).toBe(400);
    expect(await messageOf(refused)).toMatch(/^no backend may be at 127\.0\.0\.1:8080: /);
    const body = '{"Compute-Vector": 1, "Storage-Vector": 1}';
    const original = await fetch(control, { method: 'POST', headers: JSON_TYPE, body });
    expect(original.status).toBe(400);
    expect(await original.text()).toMatch(/^no backend may be at 127\.0\.0\.1: /);
  });
});

/** A request for each lane, after which the connection ends. */
const LANES = {
  fast: lastGet('/'),
  full: request('POST', '/', ['Connection: close', 'Transfer-Encoding: chunked'], '1\r\nx\r\n0\r\n\r\n'),
  upgrade: upgradeTo('echo'),
} as const;

describe.each(['0', '2'])('with %s threads, a name that has changed its address', (DATA_PLANE_THREADS) => {
  /** A backend at `moving.test` that is up, and a server on the same port of an address that is not allowed. */
  async function aMovingBackend() {
    const { port } = await tcpUpstream((socket) => socket.on('data', () => socket.end(response('here'))));
    const reached: Socket[] = [];
    const elsewhere = createServer((socket) => reached.push(socket.on('error', () => {})));
    elsewhere.listen(port, '127.0.0.2');
    await once(elsewhere, 'listening');
    onTestFinished(() => {
      for (const socket of reached) socket.destroy();
      elsewhere.close();
    });
    const names = aNameTable({ 'moving.test': '127.0.0.1' });
    const balancer = await startBalancer({ ...names.env, DATA_PLANE_THREADS, BACKEND_NETWORKS: '127.0.0.1' });
    const url = `http://moving.test:${port}`;
    const registered = await register(balancer.control, { id: 'moving', url, resources: RESOURCES });
    expect(registered.status).toBe(201);
    await backendIn(balancer.control, 'moving', 'up');
    return { balancer, reached, move: () => names.set({ 'moving.test': '127.0.0.2' }) };
  }

  it.each(Object.entries(LANES))('gets nothing of the %s lane, and no ping', async (_lane, sent) => {
    const { balancer, reached, move } = await aMovingBackend();
    expect(await sendRaw(balancer.port, sent)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*here$/);
    move();
    const refused = await sendRaw(balancer.port, sent);
    expect(refused).toMatch(/^HTTP\/1\.1 503 /);
    expect(refused).toContain('no backend could serve this request: address not allowed');
    await backendIn(balancer.control, 'moving', 'down');
    expect(reached).toHaveLength(0);
    expect((await balancer.process.logged('moving: suspect → down')).msg).toMatch(
      /no backend may be at moving\.test:\d+: its address is not in BACKEND_NETWORKS/,
    );
  });
});

describe.each(['0', '2'])('with %s threads, a name that leads to the balancer', (DATA_PLANE_THREADS) => {
  it.each(['control', 'data'])('does not make the data plane serve the %s plane', async (plane) => {
    const names = aNameTable({ 'alias.test': '127.0.0.1' });
    const balancer = await startBalancer({ ...names.env, DATA_PLANE_THREADS });
    const port = plane === 'control' ? new URL(balancer.control).port : String(balancer.port);
    const url = `http://alias.test:${port}`;
    expect((await register(balancer.control, { id: 'alias', url, resources: RESOURCES })).status).toBe(201);
    await backendIn(balancer.control, 'alias', 'down');
    for (const sent of [lastGet('/api/v1/backends'), upgradeTo('echo', '/api/v1/backends')]) {
      expect(await sendRaw(balancer.port, sent)).toMatch(/^HTTP\/1\.1 503 /);
    }
    expect((await balancer.process.logged('alias: joining → down')).msg).toContain('it is the balancer itself');
  });
});

it('a backend of the registry file gets no connection where none may be any more', async () => {
  const connections: Socket[] = [];
  const { port } = await tcpUpstream((socket) => void connections.push(socket));
  const REGISTRY_FILE = join(aFolder(), 'registry.sqlite');
  const first = await startBalancer({ REGISTRY_FILE });
  await joinFleet(first, 'kept', port);
  await first.process.stop();
  const before = connections.length;

  const second = await startBalancer({ REGISTRY_FILE, BACKEND_NETWORKS: '10.0.0.0/8' });
  await backendIn(second.control, 'kept', 'down');
  expect((await second.process.logged('kept: joining → down')).msg).toContain('is not in BACKEND_NETWORKS');
  expect(await sendRaw(second.port, lastGet())).toMatch(/^HTTP\/1\.1 503 /);
  expect(connections).toHaveLength(before);
});
