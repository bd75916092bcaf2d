// The fast lane's connections to backends: kept alive, the last used first.
import { connect, type Socket } from 'node:net';
import type { FleetBackend } from '../../registry/snapshot/fleet.js';
import { afterPendingReads } from '../upstream/after-pending-reads.js';
import { IdleTimeoutEstimator } from '../upstream/idle-timeout-estimator.js';
import { readBuffer } from './shared-read-buffer.js';
import { targetOf } from '../upstream/upstream-address.js';

/** What a connection tells whoever uses it. */
export interface UpstreamUser {
  /** The connection is open. Not told by one that was open already. */
  opened(): void;
  /** It takes longer to open than it should. */
  openingIsSlow(): void;
  /** The first `length` bytes of {@link readBuffer} have come in. */
  received(length: number): void;
  /** What was held up is written. */
  drained(): void;
  /** The backend will send nothing more; with an error when that was not its free will. */
  ended(error: NodeJS.ErrnoException | undefined): void;
}

/** What the pool is set up with. Milliseconds. */
export interface PoolSettings {
  readonly connectTimeoutMs: number;
  readonly slowConnectMs: number;
}

/** A connection that takes longer to open makes its backend suspect: within a data centre it takes a millisecond. */
export function slowConnectMsOf(connectTimeoutMs: number): number {
  return connectTimeoutMs / 4;
}

/** Taken off the time that a backend announces, as Node does: a request must arrive before that is over. */
const ANNOUNCED_MARGIN_MS = 1000;
/** In place of a time or a span. Not `undefined`: a number that may be missing is an object of its own each time. */
const NEVER = -1;
/** Idle connections to one backend beyond this are closed. */
const MAX_IDLE = 1024;

/** One connection to a backend. Serves one exchange at a time. */
export class UpstreamConnection {
  /** How long it had been idle before its present use, milliseconds; {@link NEVER} in its first. */
  wasIdleMs = NEVER;
  /** When it became idle; {@link NEVER} while it is in use. */
  idleSinceMs = NEVER;
  readonly socket: Socket;
  /** How long its backend said that it keeps it, less a margin. Milliseconds. */
  announcedMs = Infinity;
  user: UpstreamUser | undefined;
  /** Whether the last read filled the buffer: then there may be more where that came from. */
  mayHaveMore = false;
  private isPaused = false;
  private timer: NodeJS.Timeout | undefined;
  private error: NodeJS.ErrnoException | undefined;

  constructor(
    private readonly pool: UpstreamPool,
    readonly address: UpstreamAddress,
    settings: PoolSettings,
  ) {
    this.socket = connect({
      host: address.host,
      port: address.port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          this.mayHaveMore = length === readBuffer.length;
          if (this.user) this.user.received(length);
          // Nobody asked for anything: what comes now would be taken for the next answer.
          else this.socket.destroy();
          return true;
        },
      },
    });
    address.open++;
    this.watchOpening(settings);
    this.socket.on('drain', () => this.user?.drained());
    this.socket.on('end', () => this.finish());
    this.socket.on('error', (error) => (this.error = error));
    this.socket.on('close', () => {
      address.open--;
      this.finish();
    });
  }

  /** Whether it was used before: then its backend may have closed it by the time a request arrives. */
  get isReused(): boolean {
    return this.wasIdleMs !== NEVER;
  }

  /** Nothing more is read until {@link resume}. */
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

  /** The exchange is over, and the connection could serve another one. */
  release(): void {
    this.user = undefined;
    this.resume();
    this.pool.keep(this);
  }

  /** The exchange is over, and so is the connection. Its user hears no more of it. */
  discard(): void {
    this.user = undefined;
    this.socket.destroy();
  }

  private watchOpening({ connectTimeoutMs, slowConnectMs }: PoolSettings): void {
    const giveUp = () => {
      const error = new Error(`no connection within ${connectTimeoutMs} ms`);
      this.socket.destroy(Object.assign(error, { code: 'ETIMEDOUT', syscall: 'connect' }));
    };
    this.timer = setTimeout(() => {
      this.user?.openingIsSlow();
      this.timer = setTimeout(giveUp, connectTimeoutMs - slowConnectMs);
    }, slowConnectMs);
    this.socket.once('connect', () => {
      clearTimeout(this.timer);
      this.user?.opened();
    });
  }

  private finish(): void {
    clearTimeout(this.timer);
    const { user } = this;
    this.user = undefined;
    if (user) user.ended(this.error);
    else this.pool.lost(this);
    this.socket.destroy();
  }
}

/** Where connections lead, and what is kept of them. */
interface UpstreamAddress {
  readonly key: string;
  readonly host: string;
  readonly port: number;
  /** In front of every request target; empty for most. */
  readonly prefix: string;
  readonly idle: UpstreamConnection[];
  /** Open connections, idle or not. */
  open: number;
}

export class UpstreamPool {
  private readonly habits = new IdleTimeoutEstimator(() => this.nowMs());
  private readonly addresses = new Map<string, UpstreamAddress>();
  /** The same by the backend's slot, as it was last. */
  private readonly bySlot: (UpstreamAddress | undefined)[] = [];
  private isClosed = false;

  constructor(
    readonly settings: PoolSettings,
    /** The time, as coarse as it may be where seconds count. */
    private readonly nowMs: () => number,
  ) {}

  /**
   * A connection for an exchange: idle ones first, new ones if there is none that can be trusted not to be closed in that
   * moment. `mustNotBeLost`: the request cannot be sent again.
   */
  take({ url, slot }: FleetBackend, mustNotBeLost: boolean): UpstreamConnection {
    const address = this.addressOf(url, slot);
    const { idle, key } = address;
    // Closed in this very moment, which nobody was told of yet.
    while (idle.length > 0 && idle[idle.length - 1].socket.destroyed) idle.pop();
    const last = idle.length > 0 ? idle[idle.length - 1] : undefined;
    if (last === undefined) return new UpstreamConnection(this, address, this.settings);
    const idleMs = this.nowMs() - last.idleSinceMs;
    const trustedMs = mustNotBeLost ? this.habits.maxIdleForUnsafeMs(key) : this.habits.maxIdleMs(key);
    if (idleMs > Math.min(trustedMs, last.announcedMs)) return new UpstreamConnection(this, address, this.settings);
    idle.pop();
    last.idleSinceMs = NEVER;
    last.wasIdleMs = idleMs;
    return last;
  }

  /** An answer came whole. `announcedSeconds`: what its `Keep-Alive` said, or -1. */
  served(connection: UpstreamConnection, announcedSeconds: number): void {
    const { address, wasIdleMs } = connection;
    if (announcedSeconds >= 0) connection.announcedMs = announcedSeconds * 1000 - ANNOUNCED_MARGIN_MS;
    if (wasIdleMs !== NEVER) this.habits.recordReuse(address.key, wasIdleMs);
  }

  /** Puts a connection that nobody uses any more among the idle ones. */
  keep(connection: UpstreamConnection): void {
    const { idle } = connection.address;
    if (idle.length >= MAX_IDLE || connection.socket.destroyed) {
      connection.socket.destroy();
      return;
    }
    connection.idleSinceMs = this.nowMs();
    if (connection.mayHaveMore) this.keepOnceProven(connection);
    else idle.push(connection);
  }

  private keepOnceProven(connection: UpstreamConnection): void {
    afterPendingReads(() => this.keepProven(connection));
  }

  /** Nothing came behind the answer: that would have closed the connection by now. */
  private keepProven(connection: UpstreamConnection): void {
    if (connection.idleSinceMs === NEVER || connection.socket.destroyed) return;
    if (this.isClosed) connection.discard();
    else connection.address.idle.push(connection);
  }

  /** An idle connection was closed by its backend. */
  lost(connection: UpstreamConnection): void {
    const { address, idleSinceMs } = connection;
    if (idleSinceMs === NEVER) return;
    connection.idleSinceMs = NEVER;
    this.habits.recordClose(address.key, this.nowMs() - idleSinceMs);
    const { idle } = address;
    const at = idle.indexOf(connection);
    if (at !== -1) idle.splice(at, 1);
  }

  /** Closes connections that were idle for too long. Called about once a second. */
  sweep(): void {
    const now = this.nowMs();
    for (const { idle, key } of this.addresses.values()) {
      const keptForMs = this.habits.maxIdleMs(key);
      // The longest idle come first.
      const stale = idle.findIndex(({ idleSinceMs, announcedMs }) => {
        return now - idleSinceMs <= Math.min(keptForMs, announcedMs);
      });
      const gone = idle.splice(0, stale === -1 ? idle.length : stale);
      for (const connection of gone) {
        connection.idleSinceMs = NEVER;
        connection.socket.destroy();
      }
    }
    for (const [url, { open }] of this.addresses) {
      if (open > 0) continue;
      this.addresses.delete(url);
      this.bySlot.forEach((address, slot) => address?.key === url && (this.bySlot[slot] = undefined));
    }
  }

  /** Closes the idle connections. */
  close(): void {
    this.isClosed = true;
    for (const { idle } of this.addresses.values()) {
      for (const connection of idle.splice(0)) connection.discard();
    }
  }

  private addressOf(url: string, slot: number): UpstreamAddress {
    const last = this.bySlot[slot];
    if (last?.key === url) return last;
    const address = this.addressByUrl(url);
    this.bySlot[slot] = address;
    return address;
  }

  private addressByUrl(url: string): UpstreamAddress {
    let address = this.addresses.get(url);
    if (!address) {
      const { hostname, port, pathname } = targetOf(url);
      const prefix = pathname === '/' || !pathname ? '' : pathname;
      address = { key: url, host: String(hostname), port: Number(port), prefix, idle: [], open: 0 };
      this.addresses.set(url, address);
    }
    return address;
  }
}
