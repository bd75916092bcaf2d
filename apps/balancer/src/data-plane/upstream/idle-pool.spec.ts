// The pool over real connections, with a clock that is moved by hand.
import { once } from 'node:events';
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestBackend, aPool, type TestConnection } from './idle-pool.fixture.js';
import { NEVER, type IdlePool, type PooledBackend } from './idle-pool.js';

let nowMs: number;
let pool: IdlePool<TestConnection>;
const backends: TestBackend[] = [];

beforeEach(() => {
  nowMs = 1000;
  pool = aPool(() => nowMs);
});
afterEach(() => {
  pool.close();
  backends.splice(0).forEach((backend) => backend.close());
});

async function aBackend(): Promise<TestBackend> {
  const backend = await TestBackend.start();
  backends.push(backend);
  return backend;
}

/** Connections that are in use, open on both sides. */
async function inUse(backend: TestBackend, count: number): Promise<TestConnection[]> {
  const connections = Array.from({ length: count }, () => pool.acquire(backend, false));
  await Promise.all(connections.map(({ socket }) => once(socket, 'connect')));
  await backend.accepted(count);
  return connections;
}

/** Whether a connection that is idle for `idleMs` is used again. Afterwards it is idle as before. */
function isUsedAfter(idleMs: number, idle: TestConnection, backend: PooledBackend, isUnsafe = false): boolean {
  nowMs = idle.idleSinceMs + idleMs;
  const isUsed = pool.acquire(backend, isUnsafe) === idle;
  if (isUsed) pool.release(idle);
  return isUsed;
}

const isIdle = (connection: TestConnection) => connection.address.idle.includes(connection);
const isClosed = ({ socket }: TestConnection) => socket.destroyed;

describe('acquire', () => {
  it('returns the connection that was used last, and opens one when none is idle', async () => {
    const backend = await aBackend();
    const [first, second] = await inUse(backend, 2);
    pool.release(second);
    pool.release(first);
    expect(pool.acquire(backend, false)).toBe(first);
    expect(pool.acquire(backend, false)).toBe(second);
    expect(pool.acquire(backend, false).isReused).toBe(false);
    expect(pool.addressOf(backend)).toMatchObject({ open: 3, idle: [] });
  });

  it('knows for how long a connection was idle, and whether it was used before', async () => {
    const backend = await aBackend();
    const [connection] = await inUse(backend, 1);
    expect(connection).toMatchObject({ isReused: false, wasIdleMs: NEVER, idleSinceMs: NEVER });
    pool.release(connection);
    nowMs += 300;
    pool.acquire(backend, false);
    expect(connection).toMatchObject({ isReused: true, wasIdleMs: 300, idleSinceMs: NEVER });
  });

  it('finds connections by the URL of a backend, whatever its slot', async () => {
    const [backend, other] = [await aBackend(), await aBackend()];
    const [connection] = await inUse(backend, 1);
    pool.release(connection);
    expect(pool.acquire(other, false)).not.toBe(connection);
    expect(pool.acquire({ url: backend.url, slot: 7 }, false)).toBe(connection);
  });

  it('passes over connections that were closed in this turn of the event loop', async () => {
    const backend = await aBackend();
    const [older, newer] = await inUse(backend, 2);
    pool.release(older);
    pool.release(newer);
    newer.socket.destroy();
    expect(pool.acquire(backend, false)).toBe(older);
  });

  it('opens a connection rather than using one that was idle for more than 60 s', async () => {
    const backend = await aBackend();
    const [connection] = await inUse(backend, 1);
    pool.release(connection);
    expect(isUsedAfter(60_000, connection, backend)).toBe(true);
    expect(isUsedAfter(60_001, connection, backend)).toBe(false);
  });

  it('uses no connection for longer than its backend announced, less a second', async () => {
    const backend = await aBackend();
    const [connection, other] = await inUse(backend, 2);
    connection.announceTimeout(5);
    pool.release(connection);
    expect(isUsedAfter(4000, connection, backend)).toBe(true);
    expect(isUsedAfter(4001, connection, backend)).toBe(false);
    other.announceTimeout(-1);
    pool.release(other);
    expect(isUsedAfter(4001, other, backend)).toBe(true);
  });

  it('uses none for longer than three quarters of the time after which the backend closed one', async () => {
    const backend = await aBackend();
    const [closed, connection] = await inUse(backend, 2);
    pool.release(closed);
    nowMs += 2000;
    backend.ends[0].end();
    await once(closed.socket, 'close');
    pool.release(connection);
    expect(isUsedAfter(1500, connection, backend)).toBe(true);
    expect(isUsedAfter(1501, connection, backend)).toBe(false);
  });

  it('gives a request that cannot be sent again only a connection that is young, or idle for a time that was seen to work', async () => {
    const backend = await aBackend();
    const [connection] = await inUse(backend, 1);
    pool.release(connection);
    expect(isUsedAfter(500, connection, backend, true)).toBe(true);
    expect(isUsedAfter(501, connection, backend, true)).toBe(false);
    expect(isUsedAfter(10_000, connection, backend)).toBe(true);
    expect(isUsedAfter(9000, connection, backend, true)).toBe(true);
    expect(isUsedAfter(9001, connection, backend, true)).toBe(false);
  });
});

describe('release', () => {
  it('of a connection that is idle already does nothing', async () => {
    const backend = await aBackend();
    const [connection] = await inUse(backend, 1);
    pool.release(connection);
    nowMs += 100;
    pool.release(connection);
    expect(pool.addressOf(backend).idle).toHaveLength(1);
    pool.acquire(backend, false);
    expect(connection.wasIdleMs).toBe(100);
  });

  it('closes a connection that is still opening, or that is ended', async () => {
    const backend = await aBackend();
    const [ended] = await inUse(backend, 1);
    const opening = pool.acquire(backend, false);
    ended.socket.end();
    for (const connection of [opening, ended]) pool.release(connection);
    expect([opening, ended].map(isClosed)).toEqual([true, true]);
    expect([opening, ended].map(isIdle)).toEqual([false, false]);
  });

  it('keeps at most 1024 idle connections to a backend', () => {
    // Sockets that are not connected are as good, and take no descriptors.
    pool = aPool(
      () => nowMs,
      () => new Socket(),
    );
    const backend = { url: 'http://127.0.0.1:1', slot: 0 };
    const connections = Array.from({ length: 1025 }, () => pool.acquire(backend, false));
    connections.forEach((connection) => pool.release(connection));
    expect(connections.findIndex((connection) => !isIdle(connection))).toBe(1024);
    expect(connections.findIndex(isClosed)).toBe(1024);
  });
});

describe('an idle connection', () => {
  it('that its backend closes is forgotten', async () => {
    const backend = await aBackend();
    const [connection] = await inUse(backend, 1);
    pool.release(connection);
    backend.ends[0].destroy();
    await once(connection.socket, 'close');
    expect(pool.addressOf(backend)).toMatchObject({ open: 0, idle: [] });
    expect(pool.acquire(backend, false)).not.toBe(connection);
  });

  it('that receives bytes is closed, which does not count as a timeout of the backend', async () => {
    const backend = await aBackend();
    const [connection, other] = await inUse(backend, 2);
    pool.release(connection);
    nowMs += 2000;
    backend.ends[0].write('unsolicited');
    await once(connection.socket, 'close');
    expect(pool.addressOf(backend)).toMatchObject({ open: 1, idle: [] });
    pool.release(other);
    expect(isUsedAfter(60_000, other, backend)).toBe(true);
  });
});

describe('a connection in use', () => {
  it('that its backend closes does not count as a timeout of the backend', async () => {
    const backend = await aBackend();
    const [connection, other] = await inUse(backend, 2);
    nowMs += 2000;
    backend.ends[0].end();
    await once(connection.socket, 'close');
    pool.release(other);
    expect(isUsedAfter(60_000, other, backend)).toBe(true);
  });
});

describe('a connection with TLS, of which one read brings several records', () => {
  it('is not used before those that have arrived are read, and not at all if they follow the response', async () => {
    const { url, slot } = await aBackend();
    const secure = { url: url.replace('http:', 'https:'), slot };
    const connection = pool.acquire(secure, false);
    await once(connection.socket, 'connect');
    for (const isQuiet of [true, false]) {
      pool.release(connection);
      if (!isQuiet) connection.socket.emit('data', 'another record');
      expect(isIdle(connection)).toBe(false);
      await turn();
      await turn();
      expect([isIdle(connection), isClosed(connection)]).toEqual([isQuiet, !isQuiet]);
      if (isQuiet) expect(pool.acquire(secure, false)).toBe(connection);
    }
  });
});

describe('a connection that may have more to read', () => {
  /** Released after a read that filled the buffer. */
  async function released() {
    const backend = await aBackend();
    const [connection] = await inUse(backend, 1);
    connection.mayHaveMore = true;
    pool.release(connection);
    return { backend, connection };
  }

  it('is not used before that would have arrived', async () => {
    const { backend, connection } = await released();
    expect(pool.acquire(backend, false)).not.toBe(connection);
    while (pool.addressOf(backend).idle.length === 0) await turn();
    expect(pool.acquire(backend, false)).toBe(connection);
  });

  it('is not used at all if more arrives', async () => {
    const { backend, connection } = await released();
    backend.ends[0].write('unsolicited');
    await once(connection.socket, 'close');
    expect(pool.addressOf(backend)).toMatchObject({ open: 0, idle: [] });
  });

  it('is not used if it is closed before', async () => {
    const { connection } = await released();
    connection.socket.destroy();
    await once(connection.socket, 'close');
    await turn();
    await turn();
    expect(isIdle(connection)).toBe(false);
  });

  it('is closed if the pool was closed before', async () => {
    const { connection } = await released();
    pool.close();
    await once(connection.socket, 'close');
    expect(isIdle(connection)).toBe(false);
  });
});

describe('sweep', () => {
  it('closes connections that were idle for too long, and leaves the others', async () => {
    const backend = await aBackend();
    const [old, announced, fresh, used] = await inUse(backend, 4);
    announced.announceTimeout(31);
    pool.release(old);
    nowMs += 30_000;
    pool.release(announced);
    nowMs += 10_000;
    pool.release(fresh);
    nowMs += 20_001;
    pool.sweep();
    expect([old, announced, fresh, used].map(isClosed)).toEqual([true, true, false, false]);
    expect([old, announced, fresh, used].map(isIdle)).toEqual([false, false, true, false]);
  });

  it('does not count what it closes as a timeout of the backend', async () => {
    const backend = await aBackend();
    const [announced, other] = await inUse(backend, 2);
    announced.announceTimeout(2);
    pool.release(announced);
    nowMs += 2000;
    pool.sweep();
    await once(announced.socket, 'close');
    pool.release(other);
    expect(isUsedAfter(60_000, other, backend)).toBe(true);
  });

  it('forgets an address once no connection to it is open', async () => {
    const backend = await aBackend();
    const address = pool.addressOf(backend);
    const [connection] = await inUse(backend, 1);
    pool.sweep();
    expect(pool.addressOf(backend)).toBe(address);
    connection.socket.destroy();
    await once(connection.socket, 'close');
    pool.sweep();
    expect(pool.addressOf(backend)).not.toBe(address);
  });
});

describe('close', () => {
  it('closes idle connections at once, and those in use when they are released', async () => {
    const backend = await aBackend();
    const [idle, other, used] = await inUse(backend, 3);
    pool.release(idle);
    pool.release(other);
    pool.close();
    expect([idle, other, used].map(isClosed)).toEqual([true, true, false]);
    pool.release(used);
    expect([idle, other, used].map(isClosed)).toEqual([true, true, true]);
    expect([idle, other, used].map(isIdle)).toEqual([false, false, false]);
  });
});

it('closes the idle connections to a URL whose backend has left, and no others', async () => {
  const [backend, other] = [await aBackend(), await aBackend()];
  const [idle, busy] = await inUse(backend, 2);
  const [elsewhere] = await inUse(other, 1);
  for (const connection of [idle, elsewhere]) pool.release(connection);
  pool.forget(backend.url);
  pool.forget('http://127.0.0.1:1');
  expect([idle, busy, elsewhere].map(isClosed)).toEqual([true, false, false]);
  expect(pool.acquire(backend, true).isReused).toBe(false);
});
