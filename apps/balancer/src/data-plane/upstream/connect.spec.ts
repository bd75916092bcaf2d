import { once } from 'node:events';
import {
  connect,
  createServer,
  type AddressInfo,
  type LookupFunction,
  type Server,
  type Socket,
  type TcpNetConnectOpts,
} from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failureKindOf } from '../exchange/attempt-error.js';
import { connectTimeoutsOf, limitOpening } from './connect.js';

/** What Node passes to a look-up of all addresses of a host. */
type LookupCallback = (error: Error | null, addresses: { address: string; family: number }[]) => void;

const TIMEOUTS = { connectTimeoutMs: 1000, slowConnectMs: 250 };
const closers: (() => void)[] = [];

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => {
  closers.splice(0).forEach((close) => close());
  vi.useRealTimers();
});

/** Opens a connection, and counts how often it is reported to be slow. */
function open(options: TcpNetConnectOpts, onSlow: (socket: Socket) => void = () => {}) {
  const reports = { slow: 0, errors: [] as Error[] };
  const socket = connect(options);
  limitOpening(socket, TIMEOUTS, () => {
    reports.slow++;
    onSlow(socket);
  });
  socket.on('error', (error) => reports.errors.push(error));
  closers.push(() => socket.destroy());
  return { socket, reports };
}

/** A host whose look-up ends when the test says so: no connection to it opens before. */
function aHangingHost(port = 1) {
  let onAddresses: LookupCallback | undefined;
  const lookup: LookupFunction = (_host, _options, callback) => (onAddresses = callback as unknown as LookupCallback);
  return {
    options: { host: 'backend.invalid', port, lookup },
    resolve: () => onAddresses?.(null, [{ address: '127.0.0.1', family: 4 }]),
  };
}

async function aServer(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** A port that was free a moment ago. */
async function aClosedPort(): Promise<number> {
  const server = await aServer();
  const port = portOf(server);
  server.close();
  return port;
}

/** Resolves when the connection is closed, with or without an error. */
const closed = (socket: Socket) => new Promise((resolve) => void socket.once('close', resolve));

describe('a connection that takes long to open', () => {
  it('is reported once after slowConnectMs', () => {
    const { reports } = open(aHangingHost().options);
    vi.advanceTimersByTime(249);
    expect(reports.slow).toBe(0);
    vi.advanceTimersByTime(1);
    expect(reports.slow).toBe(1);
    vi.advanceTimersByTime(749);
    expect(reports).toEqual({ slow: 1, errors: [] });
  });

  it('is given up after connectTimeoutMs, with an error like one of the system', async () => {
    const { socket, reports } = open(aHangingHost().options);
    vi.advanceTimersByTime(999);
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    await closed(socket);
    expect(reports.errors).toMatchObject([
      { code: 'ETIMEDOUT', syscall: 'connect', message: 'no connection within 1000 ms' },
    ]);
    expect(failureKindOf(reports.errors[0])).toBe('connect-failed');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is used if it opens after all', async () => {
    const host = aHangingHost(portOf(await aServer()));
    const { socket, reports } = open(host.options);
    vi.advanceTimersByTime(900);
    host.resolve();
    await once(socket, 'connect');
    vi.advanceTimersByTime(10_000);
    expect([socket.destroyed, reports]).toEqual([false, { slow: 1, errors: [] }]);
  });

  it('may be closed when it is reported', async () => {
    const { socket, reports } = open(aHangingHost().options, (slow) => slow.destroy());
    vi.advanceTimersByTime(250);
    await closed(socket);
    expect(vi.getTimerCount()).toBe(0);
    expect(reports).toEqual({ slow: 1, errors: [] });
  });
});

describe('a connection that opens in time', () => {
  it('is not reported, and leaves no timer behind', async () => {
    const { socket, reports } = open({ host: '127.0.0.1', port: portOf(await aServer()) });
    await once(socket, 'connect');
    expect(vi.getTimerCount()).toBe(0);
    expect(reports).toEqual({ slow: 0, errors: [] });
  });
});

describe('a connection that fails', () => {
  it('has the error of the system, and leaves no timer behind', async () => {
    const { socket, reports } = open({ host: '127.0.0.1', port: await aClosedPort() });
    await closed(socket);
    expect(reports).toMatchObject({ slow: 0, errors: [{ code: 'ECONNREFUSED', syscall: 'connect' }] });
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('connections are slow after a quarter of CONNECT_TIMEOUT_SECONDS', () => {
  expect(connectTimeoutsOf(0.4)).toEqual({ connectTimeoutMs: 400, slowConnectMs: 100 });
});
