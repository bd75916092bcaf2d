// The full lane's connections to backends, which Node's HTTP client uses.
import type { Socket } from 'node:net';
import { READ_BYTES } from '../io/shared-read-buffer.js';
import { ParserBypass } from '../relay/parser-bypass.js';
import { openEventOf } from '../../tls/backend-connector.js';
import { IdlePool, NEVER, PooledConnection, type UpstreamAddress } from '../upstream/idle-pool.js';
import type { UpstreamConnector } from '../upstream/upstream-connector.js';

/** TCP probes a silent connection after this long. Milliseconds. */
const TCP_PROBE_AFTER_MS = 1000;

/**
 * The bytes of the last read of any of these connections. Node's parser copies what it hands out, so they are valid until
 * the callback returns; a buffer for every read would be most of the collector's work.
 */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** A connection that serves one request of Node's client at a time. */
export class KeptConnection extends PooledConnection {
  readonly socket: Socket;
  readonly bypass: ParserBypass;
  /** Called if the connection takes too long to open. Not kept afterwards: it would keep its exchange from the collector. */
  onSlowConnect: (() => void) | undefined;

  constructor(
    private readonly pool: IdlePool<KeptConnection>,
    address: UpstreamAddress,
    connector: UpstreamConnector,
  ) {
    super(address);
    const onread = { buffer: readBuffer, callback: (length: number) => this.onRead(length) };
    const options = { keepAlive: true, keepAliveInitialDelay: TCP_PROBE_AFTER_MS, onread };
    this.socket = connector.open(address.target, options, () => this.onSlowConnect?.());
    this.bypass = new ParserBypass(this.socket);
    this.socket.once(openEventOf(this.socket), () => {
      this.isOpen = true;
      this.onSlowConnect = undefined;
    });
    // Emitted by Node's client when an exchange is over and the connection can serve another one.
    this.socket.on('free', () => pool.release(this));
    // While the connection is in use, Node's client listens too.
    this.socket.on('error', () => {});
    this.socket.once('end', () => pool.onClose(this));
    this.socket.once('close', () => pool.onClose(this));
  }

  private onRead(length: number): boolean {
    this.mayHaveMore = length === this.fullReadBytes;
    if (this.idleSinceMs === NEVER) this.bypass.onData(readBuffer.subarray(0, length));
    // Unsolicited bytes would be taken for the next response.
    else this.pool.discard(this);
    return true;
  }
}

/** The full lane's pool. `nowMs`: monotonic milliseconds, coarse. */
export function createKeptPool(connector: UpstreamConnector, nowMs: () => number): IdlePool<KeptConnection> {
  const pool: IdlePool<KeptConnection> = new IdlePool((address) => new KeptConnection(pool, address, connector), nowMs);
  return pool;
}

/** Seconds that a `Keep-Alive` field announces; -1 when it does not. */
export function announcedSecondsIn(keepAlive: string | undefined): number {
  const seconds = keepAlive === undefined ? undefined : /^timeout=(\d+)/.exec(keepAlive)?.[1];
  return seconds === undefined ? -1 : Number(seconds);
}
