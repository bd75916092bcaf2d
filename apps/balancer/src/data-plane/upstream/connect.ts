// Opens connections to backends, with the two time limits that every lane has.
import type { Socket, TcpNetConnectOpts } from 'node:net';
import { backendAccess } from '../../net/backend-access.js';

/** How long a connection may take to open. Milliseconds. */
export interface ConnectTimeouts {
  /** It is given up. */
  readonly connectTimeoutMs: number;
  /** Its backend becomes suspect: within a data centre a connection takes a millisecond. */
  readonly slowConnectMs: number;
}

/** The limits for a `CONNECT_TIMEOUT_SECONDS`. */
export function connectTimeoutsOf(connectTimeoutSeconds: number): ConnectTimeouts {
  const connectTimeoutMs = connectTimeoutSeconds * 1000;
  return { connectTimeoutMs, slowConnectMs: connectTimeoutMs / 4 };
}

/**
 * Opens a connection, which fails where no backend may be. `onSlow` is called once if that takes longer than
 * `slowConnectMs`; after `connectTimeoutMs` the socket is destroyed with an error that looks like the system's own.
 */
export function connectWithin(
  { connectTimeoutMs, slowConnectMs }: ConnectTimeouts,
  options: TcpNetConnectOpts,
  onSlow: () => void,
): Socket {
  const socket = backendAccess.connect({ ...options, noDelay: true });
  const giveUp = () => {
    const error = new Error(`no connection within ${connectTimeoutMs} ms`);
    socket.destroy(Object.assign(error, { code: 'ETIMEDOUT', syscall: 'connect' }));
  };
  let timer = setTimeout(() => {
    timer = setTimeout(giveUp, connectTimeoutMs - slowConnectMs);
    onSlow();
  }, slowConnectMs);
  const disarm = () => clearTimeout(timer);
  socket.once('connect', disarm);
  socket.once('close', disarm);
  return socket;
}
