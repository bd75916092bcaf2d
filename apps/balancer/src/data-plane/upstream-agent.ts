// Connections to backends: kept alive, the last used first, and given up when they take too long to open.
import { Agent, type ClientRequest, type ClientRequestArgs } from 'node:http';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How long an idle connection is kept when the backend does not say. Node's own servers close after 5 s. */
const IDLE_MS = 60_000;

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

/** The pool of connections to all backends, by address. */
export class UpstreamAgent extends Agent {
  constructor(private readonly connectTimeoutMs: number) {
    super({ keepAlive: true, scheduling: 'lifo', maxFreeSockets: 1024, timeout: IDLE_MS });
  }

  override createConnection(options: ClientRequestArgs): Duplex {
    return connectWithin(this.connectTimeoutMs, options as NetConnectOpts);
  }
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

/** An agent for one request, which gives it a connection that is open already. */
export function connectedAgent(socket: Socket): Agent {
  const single: RequestAgent = {
    addRequest: (request) => request.onSocket(socket),
  };
  return Object.assign(Object.create(Agent.prototype) as Agent, single, { protocol: 'http:', defaultPort: 80 });
}
