// The full lane's connections to backends: kept alive, the last used first, given up when they take too long to open, and
// not used again when the backend is about to close them.
import { Agent, type ClientRequest } from 'node:http';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { monotonicMs } from '../../clock/monotonic.js';
import { afterPendingReads } from '../upstream/after-pending-reads.js';
import { ParserBypass } from './parser-bypass.js';
import { IdleTimeoutEstimator } from '../upstream/idle-timeout-estimator.js';
import { slowConnectMsOf } from '../fast-lane/upstream-connections.js';
import { targetOf, type ProxyTarget } from '../upstream/upstream-address.js';

/** `connect` with a time limit; past it the socket is destroyed with an error that looks like the system's own. */
export function connectWithin(timeoutMs: number, options: NetConnectOpts): Socket {
  const socket = connect({ ...options, noDelay: true });
  const timer = setTimeout(() => {
    const error = new Error(`no connection within ${timeoutMs} ms`);
    socket.destroy(Object.assign(error, { code: 'ETIMEDOUT', syscall: 'connect' }));
  }, timeoutMs);
  const disarm = () => clearTimeout(timer);
  socket.once('connect', disarm);
  socket.once('close', disarm);
  return socket;
}

/** So much is read at a time: what Node reads too. Bytes. */
const READ_BYTES = 65_536;
/** Idle connections to one backend beyond this are closed. */
const MOST_IDLE = 1024;
/** How often idle connections are looked at. Milliseconds. */
const SWEEP_MS = 500;
/** TCP looks after this long whether the other end of a silent connection is still there. Milliseconds. */
const PROBE_AFTER_MS = 1000;
/** Taken off the time that a backend announces, as Node does: a request must arrive before that is over. */
const ANNOUNCED_MARGIN_MS = 1000;

/** Where connections lead, and those of them that are idle, the longest idle first. */
export interface UpstreamAddress {
  readonly url: string;
  readonly target: ProxyTarget;
  readonly idle: KeptConnection[];
}

/** A connection, and what is known of it. Serves one request at a time. */
export class KeptConnection {
  readonly bypass: ParserBypass;
  /** When it became idle, milliseconds; undefined while it is in use. */
  idleSinceMs: number | undefined;
  /** How long it had been idle before its present use; undefined for its first. Milliseconds. */
  wasIdleMs: number | undefined;
  /** Whether the last read filled the buffer: then there may be more where that came from. */
  mayHaveMore = false;
  /** How long its backend said that it keeps it, less a margin. Milliseconds. */
  private announcedMs = Infinity;

  constructor(
    readonly socket: Socket,
    readonly address: UpstreamAddress,
  ) {
    this.bypass = new ParserBypass(socket);
  }

  /** What an answer's `Keep-Alive` says. */
  heard(keepAlive: string): void {
    const seconds = /^timeout=(\d+)/.exec(keepAlive)?.[1];
    if (seconds !== undefined) this.announcedMs = Number(seconds) * 1000 - ANNOUNCED_MARGIN_MS;
  }

  /** Whether it has been idle for no longer than it may be. */
  isFresh(nowMs: number, allowedMs: number): boolean {
    return nowMs - (this.idleSinceMs ?? nowMs) <= Math.min(allowedMs, this.announcedMs);
  }
}

/** The pool of connections to all backends. */
export class UpstreamAgent {
  private readonly habits = new IdleTimeoutEstimator(() => monotonicMs());
  private readonly addresses = new Map<string, UpstreamAddress>();
  private readonly sweeper = setInterval(() => this.sweep(), SWEEP_MS).unref();
  /** What is read on any connection, until Node's parser is through with it: that takes copies of what it hands on. */
  private readonly readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
  private isClosed = false;

  constructor(private readonly connectTimeoutMs: number) {}

  /** A connection that takes longer to open makes its backend suspect, milliseconds. */
  get slowConnectMs(): number {
    return slowConnectMsOf(this.connectTimeoutMs);
  }

  addressOf(url: string): UpstreamAddress {
    let address = this.addresses.get(url);
    if (!address) {
      address = { url, target: targetOf(url), idle: [] };
      this.addresses.set(url, address);
    }
    return address;
  }

  /**
   * A connection for a request: the one that was used last, or a new one if that cannot be trusted not to be closed in
   * this moment. `mustNotBeLost`: the request cannot be sent again.
   */
  take(address: UpstreamAddress, mustNotBeLost: boolean): KeptConnection {
    const { idle, url } = address;
    // Closed in this very moment, which nobody was told of yet.
    while (idle.at(-1)?.socket.destroyed) idle.pop();
    const last = idle.at(-1);
    if (last === undefined) return this.open(address);
    const nowMs = monotonicMs();
    const allowedMs = mustNotBeLost ? this.habits.maxIdleForUnsafeMs(url) : this.habits.maxIdleMs(url);
    if (!last.isFresh(nowMs, allowedMs)) return this.open(address);
    idle.pop();
    last.wasIdleMs = nowMs - (last.idleSinceMs ?? nowMs);
    last.idleSinceMs = undefined;
    return last;
  }

  /** Closes the idle connections, and those in use once they are idle. */
  destroy(): void {
    this.isClosed = true;
    clearInterval(this.sweeper);
    for (const { idle } of this.addresses.values()) for (const { socket } of idle) socket.destroy();
  }

  private open(address: UpstreamAddress): KeptConnection {
    const { hostname, port } = address.target;
    const { readBuffer } = this;
    // A buffer of its own for every read would be the most part of what the collector has to do.
    const callback = (length: number) => {
      connection.mayHaveMore = length === READ_BYTES;
      // Nobody asked for anything: what comes now would be taken for the next answer.
      if (connection.idleSinceMs !== undefined) socket.destroy();
      else connection.bypass.onData(readBuffer.subarray(0, length));
      return true;
    };
    const socket = connectWithin(this.connectTimeoutMs, {
      host: String(hostname),
      port: Number(port),
      keepAlive: true,
      keepAliveInitialDelay: PROBE_AFTER_MS,
      onread: { buffer: readBuffer, callback },
    });
    const connection = new KeptConnection(socket, address);
    // Node's client says so when an exchange is over and the connection might serve another one.
    socket.on('free', () => this.keep(connection));
    // While it is in use, Node's client listens too.
    socket.on('error', () => {});
    socket.once('end', () => this.ended(connection));
    socket.once('close', () => this.forget(connection));
    return connection;
  }

  private keep(connection: KeptConnection): void {
    const { socket, address, wasIdleMs, idleSinceMs } = connection;
    if (idleSinceMs !== undefined) return;
    const { idle } = this.addressOf(address.url);
    // Still connecting: its request was given up before it was sent.
    if (this.isClosed || socket.connecting || !socket.writable || idle.length >= MOST_IDLE) {
      socket.destroy();
      return;
    }
    if (wasIdleMs !== undefined) this.habits.recordReuse(address.url, wasIdleMs);
    connection.idleSinceMs = monotonicMs();
    if (connection.mayHaveMore) afterPendingReads(() => this.keepProven(connection));
    else idle.push(connection);
  }

  /** Nothing came behind the answer: that would have closed the connection by now. */
  private keepProven(connection: KeptConnection): void {
    const { socket, address, idleSinceMs } = connection;
    if (idleSinceMs === undefined || socket.destroyed) return;
    if (this.isClosed) socket.destroy();
    else this.addressOf(address.url).idle.push(connection);
  }

  /** The backend closed it. */
  private ended(connection: KeptConnection): void {
    const { address, idleSinceMs } = connection;
    if (idleSinceMs !== undefined) this.habits.recordClose(address.url, monotonicMs() - idleSinceMs);
    this.forget(connection);
  }

  private forget(connection: KeptConnection): void {
    if (connection.idleSinceMs === undefined) return;
    const { idle } = this.addressOf(connection.address.url);
    const at = idle.indexOf(connection);
    if (at !== -1) idle.splice(at, 1);
    connection.idleSinceMs = undefined;
  }

  /** Closes connections that were idle for too long. */
  private sweep(): void {
    const nowMs = monotonicMs();
    for (const [url, { idle }] of this.addresses) {
      const keptForMs = this.habits.maxIdleMs(url);
      for (const connection of idle) {
        if (!connection.isFresh(nowMs, keptForMs)) connection.socket.destroy();
      }
      if (idle.length === 0) this.addresses.delete(url);
    }
  }
}

/** What an agent must have for Node's `http.request` to accept it. `addRequest` finds the request a connection. */
interface RequestAgent {
  addRequest(request: ClientRequest, options: unknown): void;
}

/** An agent for one request, which gives it a connection of its own. */
export function connectedAgent(socket: Socket): Agent {
  const single: RequestAgent = {
    addRequest: (request) => request.onSocket(socket),
  };
  return Object.assign(Object.create(Agent.prototype) as Agent, single, { protocol: 'http:', defaultPort: 80 });
}

/**
 * An agent for the attempts of one exchange: hands each request to whoever finds it a connection. http-proxy-middleware
 * shows its request only once it has one, and never one with `Expect`. What else Node's client reads of an agent says
 * that connections are kept.
 */
export class ExchangeAgent implements RequestAgent {
  readonly protocol = 'http:';
  readonly defaultPort = 80;
  readonly keepAlive = true;

  constructor(readonly addRequest: (request: ClientRequest) => void) {}
}
