// The fast lane's connections to backends, read into the shared buffer.
import type { Socket } from 'node:net';
import { InvalidResponseError } from '../exchange/attempt-error.js';
import { openEventOf } from '../../tls/backend-connector.js';
import { readBuffer } from '../io/shared-read-buffer.js';
import { IdlePool, NEVER, PooledConnection, type UpstreamAddress } from '../upstream/idle-pool.js';
import type { UpstreamConnector } from '../upstream/upstream-connector.js';

/** What a connection reports to the exchange that uses it. An interface, since the exchange imports this file. */
export interface UpstreamUser {
  /** Throws when the exchange serves another request than the one this connection was acquired for. */
  assertGeneration(generation: number): void;
  /** The connection is open. Not called for one that was open already. */
  onUpstreamOpen(): void;
  onSlowConnect(): void;
  /** The first `length` bytes of {@link readBuffer} were read. */
  onUpstreamData(length: number): void;
  /** What was backpressured is written. */
  onUpstreamDrain(): void;
  /** The backend sends nothing more; with an error unless it ended the connection in order. */
  onUpstreamEnd(error: NodeJS.ErrnoException | undefined): void;
}

/** A connection that serves one exchange at a time. */
export class UpstreamConnection extends PooledConnection {
  readonly socket: Socket;
  private user: UpstreamUser | undefined;
  /** The request of {@link user} that this connection serves. */
  private generation = 0;
  private isPaused = false;
  private error: NodeJS.ErrnoException | undefined;

  constructor(
    private readonly pool: IdlePool<UpstreamConnection>,
    address: UpstreamAddress,
    connector: UpstreamConnector,
    private readonly onDefect: (error: unknown) => void,
  ) {
    super(address);
    const onread = { buffer: readBuffer, callback: (length: number) => this.onRead(length) };
    this.socket = connector.open(address.target, { onread }, () => this.user?.onSlowConnect());
    this.socket.once(openEventOf(this.socket), () => {
      this.isOpen = true;
      this.present()?.onUpstreamOpen();
    });
    this.socket.on('drain', () => this.present()?.onUpstreamDrain());
    this.socket.on('end', () => this.onEnd());
    this.socket.on('error', (error) => (this.error = error));
    this.socket.on('close', () => this.onEnd());
  }

  /** Reports to `user` from now on, as long as it serves the request of this generation. */
  use(user: UpstreamUser, generation: number): void {
    this.user = user;
    this.generation = generation;
  }

  /** Stops reading until {@link resume}. */
  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
  }

  /** A whole response was received, and another exchange may use the connection. */
  release(): void {
    this.user = undefined;
    this.resume();
    this.pool.release(this);
  }

  /** Closes the connection. Its user hears no more of it. */
  discard(): void {
    this.user = undefined;
    this.socket.destroy();
  }

  private onRead(length: number): boolean {
    this.mayHaveMore = length === this.fullReadBytes;
    try {
      const user = this.present();
      if (user) user.onUpstreamData(length);
      // Unsolicited bytes would be taken for the next response.
      else if (this.idleSinceMs === NEVER) this.socket.destroy();
      else this.pool.discard(this);
    } catch (error) {
      this.onDefect(error);
      this.socket.destroy(new InvalidResponseError('the balancer failed to read the response'));
    }
    return true;
  }

  private onEnd(): void {
    const user = this.present();
    this.user = undefined;
    if (user) user.onUpstreamEnd(this.error);
    else this.pool.onClose(this);
    this.socket.destroy();
  }

  /**
   * The user, which must still be serving the request that it acquired this connection for. If it is not, that is a defect,
   * which is logged and must not end the thread; the user hears no more of this connection.
   */
  private present(): UpstreamUser | undefined {
    try {
      this.user?.assertGeneration(this.generation);
    } catch (error) {
      this.onDefect(error);
      this.user = undefined;
    }
    return this.user;
  }
}

/** The fast lane's pool. `nowMs`: monotonic milliseconds, coarse. `onDefect`: called with what a read has thrown. */
export function createUpstreamPool(
  connector: UpstreamConnector,
  nowMs: () => number,
  onDefect: (error: unknown) => void,
): IdlePool<UpstreamConnection> {
  const pool: IdlePool<UpstreamConnection> = new IdlePool(
    (address) => new UpstreamConnection(pool, address, connector, onDefect),
    nowMs,
  );
  return pool;
}
