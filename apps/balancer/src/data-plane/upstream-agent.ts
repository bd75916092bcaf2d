// Connections to backends: kept alive, the last used first, given up when they take too long to open, and not used again
// when the backend is about to close them.
import { Agent, type ClientRequest, type ClientRequestArgs } from 'node:http';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { IDLE_MS, IdleHabits } from './idle-habits.js';
import { slowConnectMsOf } from './upstream-pool.js';

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

/** What is known of a connection in the pool. */
interface KeptConnection {
  /** When it became idle, milliseconds; undefined while it is in use. */
  idleSinceMs: number | undefined;
  /** How long it had been idle before the exchange it is used for now. */
  wasIdleMs: number;
}

/** The pool of connections to all backends, by address. */
export class UpstreamAgent extends Agent {
  private readonly habits = new IdleHabits(() => performance.now());
  private readonly kept = new WeakMap<Duplex, KeptConnection>();

  constructor(private readonly connectTimeoutMs: number) {
    super({ keepAlive: true, scheduling: 'lifo', maxFreeSockets: 1024, timeout: IDLE_MS });
  }

  /** A connection that takes longer to open makes its backend suspect, milliseconds. */
  get slowConnectMs(): number {
    return slowConnectMsOf(this.connectTimeoutMs);
  }

  override createConnection(options: ClientRequestArgs): Duplex {
    return this.connect(options as NetConnectOpts);
  }

  /** A connection outside the pool. */
  connect(options: NetConnectOpts): Socket {
    return connectWithin(this.connectTimeoutMs, options);
  }

  /** An exchange is over, and its connection might serve another one. What the backend announced is heeded by Node. */
  override keepSocketAlive(socket: Duplex): boolean {
    const isKept = super.keepSocketAlive(socket) as unknown as boolean;
    const key = keyOf(socket as Socket);
    const connection = this.kept.get(socket) ?? this.watch(socket as Socket, key);
    this.habits.served(key, connection.wasIdleMs);
    connection.idleSinceMs = performance.now();
    const keptForMs = this.habits.keptForMs(key);
    const { timeout = 0 } = socket as Socket;
    if (timeout === 0 || keptForMs < timeout) (socket as Socket).setTimeout(keptForMs);
    return isKept;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    const connection = this.kept.get(socket);
    if (connection) {
      connection.wasIdleMs = performance.now() - (connection.idleSinceMs ?? performance.now());
      connection.idleSinceMs = undefined;
    }
    super.reuseSocket(socket, request);
  }

  /**
   * Whether a request that must not be lost may be given whatever connection the pool would use for it: a new one, or
   * one that the backend will surely not close in that moment.
   */
  isTrusted(options: { readonly host: string; readonly port: number }): boolean {
    const next = this.freeSockets[this.getName(options)]?.at(-1);
    const idleSinceMs = next && this.kept.get(next)?.idleSinceMs;
    if (next === undefined || idleSinceMs === undefined) return true;
    return performance.now() - idleSinceMs <= this.habits.trustedForMs(keyOf(next));
  }

  private watch(socket: Socket, key: string): KeptConnection {
    const connection: KeptConnection = { idleSinceMs: undefined, wasIdleMs: 0 };
    this.kept.set(socket, connection);
    socket.once('end', () => {
      const { idleSinceMs } = connection;
      if (idleSinceMs !== undefined) this.habits.closed(key, performance.now() - idleSinceMs);
    });
    return connection;
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}

/** What an agent must have for Node's `http.request` to accept it. `addRequest` finds the request a connection. */
export interface RequestAgent {
  addRequest(request: ClientRequest, options: unknown): void;
}

/**
 * An agent for one request, which hands the request to whoever wants to watch it before it gets its connection.
 * http-proxy-middleware shows its request only once it has a connection, and never one with `Expect`.
 */
export function watchedAgent(agent: Agent, watch: (request: ClientRequest) => void): Agent {
  const watching: RequestAgent = {
    addRequest(request, options) {
      watch(request);
      (agent as unknown as RequestAgent).addRequest(request, options);
    },
  };
  return Object.assign(Object.create(agent) as Agent, watching);
}

/** An agent for one request, which gives it a connection of its own. */
export function connectedAgent(socket: Socket): Agent {
  const single: RequestAgent = {
    addRequest: (request) => request.onSocket(socket),
  };
  return Object.assign(Object.create(Agent.prototype) as Agent, single, { protocol: 'http:', defaultPort: 80 });
}
