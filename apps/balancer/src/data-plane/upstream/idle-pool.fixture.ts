// Connections for tests of the pool, over loopback, and backends that they lead to.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { IdlePool, NEVER, PooledConnection, type PooledBackend, type UpstreamAddress } from './idle-pool.js';

/** Reports to its pool as the connections of the lanes do. */
export class TestConnection extends PooledConnection {
  constructor(
    pool: IdlePool<TestConnection>,
    address: UpstreamAddress,
    readonly socket: Socket,
  ) {
    super(address);
    this.isOpen = !socket.connecting;
    socket.once('connect', () => (this.isOpen = true));
    socket.on('data', () => {
      if (this.idleSinceMs !== NEVER) pool.discard(this);
    });
    socket.on('error', () => {});
    socket.once('end', () => pool.onClose(this));
    socket.once('close', () => pool.onClose(this));
  }
}

/** A pool of connections that `open` creates. */
export function aPool(
  nowMs: () => number,
  open: (address: UpstreamAddress) => Socket = ({ target }) => connect(target.port, target.host),
): IdlePool<TestConnection> {
  const pool: IdlePool<TestConnection> = new IdlePool(
    (address) => new TestConnection(pool, address, open(address)),
    nowMs,
  );
  return pool;
}

/** A backend on a free port. */
export class TestBackend implements PooledBackend {
  /** Its ends of the connections to it, the oldest first. */
  readonly ends: Socket[] = [];
  readonly slot = 0;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((socket) => this.ends.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  }

  static async start(): Promise<TestBackend> {
    const backend = new TestBackend();
    await once(backend.server, 'listening');
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves once it has accepted `count` connections. */
  async accepted(count: number): Promise<void> {
    while (this.ends.length < count) await turn();
  }

  close(): void {
    this.ends.forEach((socket) => socket.destroy());
    this.server.close();
  }
}
