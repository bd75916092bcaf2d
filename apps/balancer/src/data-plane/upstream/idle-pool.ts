// Which connections to backends are used again: the policy of both lanes. Kept alive, the last used first, and not used
// when the backend is about to close them. How bytes move over a connection is the lane's own.
import type { Socket } from 'node:net';
import { READ_BYTES } from '../io/shared-read-buffer.js';
import { afterPendingReads } from './after-pending-reads.js';
import { IdleTimeoutEstimator } from './idle-timeout-estimator.js';
import { targetOf, type UpstreamTarget } from './upstream-address.js';

/** Subtracted from the time a backend announces, as Node does: a request must arrive before it ends. Milliseconds. */
const ANNOUNCED_MARGIN_MS = 1000;
/** In place of a time or a span. Not `undefined`: V8 allocates an object for each number in a field that may hold both. */
export const NEVER = -1;
/** The most that is read at once of a connection with TLS: the largest record (RFC 8446 §5.1). */
const MAX_RECORD_BYTES = 16_384;
/** Idle connections to one backend beyond this are closed. */
const MAX_IDLE = 1024;

/** A backend, by its URL and its row in the load table. */
export interface PooledBackend {
  readonly url: string;
  readonly slot: number;
}

/** A backend's URL, and the connections that lead there. */
export interface UpstreamAddress {
  readonly url: string;
  readonly target: UpstreamTarget;
  /** The longest idle first. */
  readonly idle: PooledConnection[];
  /** Open connections, idle or not. */
  open: number;
}

/** What the pool knows of a connection. A lane's connection serves one exchange at a time. */
export abstract class PooledConnection {
  abstract readonly socket: Socket;
  /** When it became idle; {@link NEVER} while it is in use. */
  idleSinceMs = NEVER;
  /** How long it had been idle before its present use; {@link NEVER} in its first. Milliseconds. */
  wasIdleMs = NEVER;
  /** How long its backend announced to keep it, less a margin. Milliseconds. */
  announcedMs = Infinity;
  /** Whether the last read was as large as a read can be, so that more may follow at once. */
  mayHaveMore = false;
  /** Whether requests can be sent: its handshake, if there is one, is complete. */
  isOpen = false;

  /** The length of a read that may have left something unread. */
  protected readonly fullReadBytes: number;

  constructor(readonly address: UpstreamAddress) {
    this.fullReadBytes = address.target.isSecure ? MAX_RECORD_BYTES : READ_BYTES;
  }

  /** Whether it was used before: then its backend may have closed it by the time a request arrives. */
  get isReused(): boolean {
    return this.wasIdleMs !== NEVER;
  }

  /** Takes in what the `Keep-Alive` of a response announces. Seconds; negative: nothing. */
  announceTimeout(seconds: number): void {
    if (seconds >= 0) this.announcedMs = seconds * 1000 - ANNOUNCED_MARGIN_MS;
  }
}

export class IdlePool<C extends PooledConnection> {
  private readonly estimator: IdleTimeoutEstimator;
  private readonly addresses = new Map<string, UpstreamAddress>();
  /** The address a slot had last. */
  private readonly bySlot: (UpstreamAddress | undefined)[] = [];
  private isClosed = false;

  constructor(
    /** Opens a connection; it must call {@link onClose} when it is closed. */
    private readonly open: (address: UpstreamAddress) => C,
    /** Monotonic milliseconds; coarse is enough. */
    private readonly nowMs: () => number,
  ) {
    this.estimator = new IdleTimeoutEstimator(nowMs);
  }

  /** Where a backend is reached. */
  addressOf({ url, slot }: PooledBackend): UpstreamAddress {
    const last = this.bySlot[slot];
    if (last?.url === url) return last;
    let address = this.addresses.get(url);
    if (!address) {
      address = { url, target: targetOf(url), idle: [], open: 0 };
      this.addresses.set(url, address);
    }
    this.bySlot[slot] = address;
    return address;
  }

  /**
   * A connection for an exchange: the last used, or a new one if the backend may be about to close that.
   * `isUnsafe`: the request cannot be sent again (RFC 9110 §9.2.1).
   */
  acquire(backend: PooledBackend, isUnsafe: boolean): C {
    const address = this.addressOf(backend);
    const { idle, url } = address;
    // Closed in this turn of the event loop; `close` is not emitted yet.
    while (idle.length > 0 && idle[idle.length - 1].socket.destroyed) idle.pop();
    // The pool holds no other connections than those it has opened.
    const last = idle.length > 0 ? (idle[idle.length - 1] as C) : undefined;
    if (last === undefined) return this.openAt(address);
    const idleMs = this.nowMs() - last.idleSinceMs;
    const maxIdleMs = isUnsafe ? this.estimator.maxIdleForUnsafeMs(url) : this.estimator.maxIdleMs(url);
    if (idleMs > Math.min(maxIdleMs, last.announcedMs)) return this.openAt(address);
    idle.pop();
    last.idleSinceMs = NEVER;
    last.wasIdleMs = idleMs;
    return last;
  }

  /** A whole response was received and the connection stays open: it becomes idle. */
  release(connection: PooledConnection): void {
    if (connection.idleSinceMs !== NEVER) return;
    const { address, wasIdleMs, socket } = connection;
    if (wasIdleMs !== NEVER) this.estimator.recordReuse(address.url, wasIdleMs);
    // A connection that is still opening belongs to an attempt that was given up before it was sent.
    const isUsable = !this.isClosed && connection.isOpen && socket.writable;
    if (!isUsable || address.idle.length >= MAX_IDLE) {
      socket.destroy();
      return;
    }
    connection.idleSinceMs = this.nowMs();
    if (connection.mayHaveMore) afterPendingReads(() => this.keepIfQuiet(connection));
    else if (address.target.isSecure) setImmediate(() => this.keepIfQuiet(connection));
    else address.idle.push(connection);
  }

  /** Called when a connection is closed, or the backend has ended it. */
  onClose(connection: PooledConnection): void {
    const { address, idleSinceMs } = connection;
    if (idleSinceMs === NEVER) return;
    this.estimator.recordClose(address.url, this.nowMs() - idleSinceMs);
    removeIdle(connection);
  }

  /** Closes an idle connection by our own choice, which says nothing about its backend. */
  discard(connection: PooledConnection): void {
    removeIdle(connection);
    connection.socket.destroy();
  }

  /** Closes the idle connections to a backend that gets no more requests: the next process there does not know them. */
  forget(url: string): void {
    const idle = this.addresses.get(url)?.idle ?? [];
    while (idle.length > 0) this.discard(idle[idle.length - 1]);
  }

  /** Closes connections that have been idle for too long. Call it about once a second. */
  sweep(): void {
    const now = this.nowMs();
    this.estimator.prune();
    for (const { idle, url } of this.addresses.values()) {
      const maxIdleMs = this.estimator.maxIdleMs(url);
      const isStale = ({ idleSinceMs, announcedMs }: PooledConnection) =>
        now - idleSinceMs > Math.min(maxIdleMs, announcedMs);
      // Backwards, since each leaves the list.
      for (let i = idle.length - 1; i >= 0; i--) if (isStale(idle[i])) this.discard(idle[i]);
    }
    for (const [url, { open }] of this.addresses) {
      if (open > 0) continue;
      this.addresses.delete(url);
      this.bySlot.forEach((address, slot) => address?.url === url && (this.bySlot[slot] = undefined));
    }
  }

  /** Closes the idle connections, and those in use once they are released. */
  close(): void {
    this.isClosed = true;
    for (const url of this.addresses.keys()) this.forget(url);
  }

  /**
   * Called once what the system had of a connection is read: bytes after the response have closed it, because they are not
   * for the next exchange. With TLS, one read of the system brings several records, each read by itself.
   */
  private keepIfQuiet(connection: PooledConnection): void {
    if (connection.idleSinceMs === NEVER || connection.socket.destroyed) return;
    if (this.isClosed) connection.socket.destroy();
    else connection.address.idle.push(connection);
  }

  private openAt(address: UpstreamAddress): C {
    const connection = this.open(address);
    address.open++;
    connection.socket.once('close', () => address.open--);
    return connection;
  }
}

function removeIdle(connection: PooledConnection): void {
  const { idle } = connection.address;
  connection.idleSinceMs = NEVER;
  const at = idle.indexOf(connection);
  if (at !== -1) idle.splice(at, 1);
}
