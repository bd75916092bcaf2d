import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { HealthConfig } from '@fairlead/traffic-config';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { aBackendConnector } from '../tls/backend-connector.fixture.js';
import { usePools } from '../traffic-config/current-traffic.fixture.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { HealthProbe } from './probe.js';

const hasIPv6 = Object.values(networkInterfaces()).some((found) => found?.some(({ address }) => address === '::1'));

const closers: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  closers.splice(0).forEach((close) => close());
});

/** Starts a server on a free port and returns its URL. Its sockets are closed after the test. */
async function urlOf(server: Server): Promise<string> {
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {});
    closers.push(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const http = (listener: RequestListener) => urlOf(createHttpServer(listener));
const tcp = (onConnection: (socket: Socket) => void) => urlOf(createServer(onConnection));

async function aClosedPort(): Promise<string> {
  const server = createServer();
  const url = await urlOf(server);
  server.close();
  return url;
}

/** What a ping finds. */
async function ping(target: { url: string; pingPath: string | undefined }, timeoutSeconds = 30) {
  const config = loadBalancerConfig({ PING_TIMEOUT_SECONDS: String(timeoutSeconds) });
  const probe = new HealthProbe(aBackendConnector(config), new CurrentTraffic(config));
  const { what, reason } = await probe.ping({ ...target, pool: 'default' });
  expect(reason).not.toBe('');
  return what;
}

const get = (url: string, pingPath = '/health') => ping({ url, pingPath });
/** With a short timeout, for a backend that lets it pass. */
const getInTime = (url: string) => ping({ url, pingPath: '/health' }, 0.1);
const connect = (url: string) => ping({ url, pingPath: undefined });

describe('a ping by HTTP', () => {
  it('gets the path of the backend, on a connection of its own', async () => {
    const seen: unknown[] = [];
    const url = await http(({ method, url: target, headers }, response) => {
      seen.push([method, target, headers.connection]);
      response.end('well');
    });
    expect(await get(`${url}/base`, '/health?deep=1')).toBe('ping-ok');
    expect(seen).toEqual([['GET', '/base/health?deep=1', 'close']]);
  });

  it.each([200, 204, 299])('succeeds with status %i', async (status) => {
    const url = await http((_, response) => response.writeHead(status).end());
    expect(await get(url)).toBe('ping-ok');
  });

  it.each([302, 404, 500, 503])('fails with status %i', async (status) => {
    const url = await http((_, response) => response.writeHead(status, { location: '/well' }).end('unwell'));
    expect(await get(url)).toBe('ping-failed');
  });

  it('succeeds with a body of 64 KiB, and fails with a larger one', async () => {
    const url = await http(({ url: path }, response) => response.end('x'.repeat(path === '/large' ? 65_537 : 65_536)));
    expect(await get(url)).toBe('ping-ok');
    expect(await get(url, '/large')).toBe('ping-failed');
  });

  it('fails with a body that does not end', async () => {
    const url = await http((_, response) => {
      const send = () => response.write('x'.repeat(10_000), send);
      send();
    });
    expect(await get(url)).toBe('ping-failed');
  });

  it('fails with a body that takes too long', async () => {
    const url = await http((_, response) => response.write('half'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const headArrived = new Promise<void>((resolve) => {
      const onHead = () => {
        unsubscribe('http.client.response.finish', onHead);
        resolve();
      };
      subscribe('http.client.response.finish', onHead);
    });
    const result = get(url);
    await headArrived;
    vi.advanceTimersByTime(30_000);
    expect(await result).toBe('ping-failed');
  });

  it('fails with a body that is cut off', async () => {
    const url = await http((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => response.destroy());
    });
    expect(await get(url)).toBe('ping-failed');
  });

  it.each<[string, () => Promise<string>]>([
    ['accepts no connection', aClosedPort],
    ['closes the connection without a response', () => tcp((socket) => socket.once('data', () => socket.end()))],
    ['resets the connection', () => tcp((socket) => socket.once('data', () => socket.resetAndDestroy()))],
  ])('is unanswered when the backend %s', async (_what, start) => {
    expect(await get(await start())).toBe('ping-unanswered');
  });

  it('is unanswered when the head takes too long, even if it has begun', async () => {
    expect(await getInTime(await http(() => {}))).toBe('ping-unanswered');
    expect(await getInTime(await tcp((socket) => socket.write('HTTP/1.1 200 OK\r\n')))).toBe('ping-unanswered');
  });

  it.each<[string, RequestListener]>([
    ['succeeded', (_, response) => response.end('well')],
    ['failed', (_, response) => response.writeHead(500).write('unwell')],
    ['took too long', () => {}],
  ])('that %s leaves no connection open', async (_what, listener) => {
    const server = createHttpServer({ keepAliveTimeout: 0 }, listener);
    const url = await urlOf(server);
    const closed = once(server, 'connection').then(([socket]) => once(socket as Socket, 'close'));
    await getInTime(url);
    await closed;
  });
});

describe('a ping of a backend without a path', () => {
  it('succeeds when the connection is accepted, and closes it', async () => {
    const server = createServer();
    const url = await urlOf(server);
    const closed = once(server, 'connection').then(([socket]) => once((socket as Socket).resume(), 'close'));
    expect(await connect(url)).toBe('ping-ok');
    await closed;
  });

  it('is unanswered when the connection is refused', async () => {
    expect(await connect(await aClosedPort())).toBe('ping-unanswered');
  });

  it.skipIf(!hasIPv6)('finds a backend at an IPv6 address', async () => {
    const server = createServer().listen(0, '::1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const url = `http://[::1]:${(server.address() as AddressInfo).port}`;
    expect(await connect(url)).toBe('ping-ok');
  });
});

describe('the rules of a pool', () => {
  /** A ping by the rules of the pool `reports`. */
  async function pingIn(rules: Partial<HealthConfig>, url: string, pingPath?: string) {
    const config = loadBalancerConfig({});
    const traffic = new CurrentTraffic(config);
    usePools(traffic, { name: 'reports', health: { ...traffic.settingsOf('default').health, ...rules } });
    const probe = new HealthProbe(aBackendConnector(config), traffic);
    return probe.ping({ url, pingPath, pool: 'reports' });
  }
  const statuses = [
    { from: 204, to: 204 },
    { from: 401, to: 403 },
  ];

  it.each([
    [204, 'ping-ok'],
    [403, 'ping-ok'],
    [200, 'ping-failed'],
    [404, 'ping-failed'],
  ])('say which statuses are good: %i', async (status, what) => {
    const url = await http((_, response) => response.writeHead(status).end());
    expect(await pingIn({ statuses }, url, '/health')).toMatchObject({ what });
  });

  it('have a path for backends without one, and give way to that of a backend', async () => {
    const seen: (string | undefined)[] = [];
    const url = await http(({ url: target }, response) => {
      seen.push(target);
      response.end();
    });
    await pingIn({ path: '/of-pool' }, url);
    await pingIn({ path: '/of-pool' }, url, '/own');
    expect(seen).toEqual(['/of-pool', '/own']);
  });

  it('have a timeout', async () => {
    const url = await http(() => {});
    expect(await pingIn({ timeoutSeconds: 0.05, path: '/' }, url)).toEqual({
      what: 'ping-unanswered',
      reason: 'ping failed: no response within 50 ms',
    });
  });
});
