// The two time limits that connections to backends have in every lane until they are open.
import type { Socket } from 'node:net';
import { openEventOf } from '../../tls/backend-connector.js';

/** How long a connection may take to open, its handshake included. Milliseconds. */
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
 * Limits how long a connection takes to open. `onSlow` is called once if that is longer than `slowConnectMs`; after
 * `connectTimeoutMs` the socket is destroyed with an error that looks like the system's own.
 */
export function limitOpening(
  socket: Socket,
  { connectTimeoutMs, slowConnectMs }: ConnectTimeouts,
  onSlow: () => void,
): void {
  const giveUp = () => {
    const error = new Error(`no connection within ${connectTimeoutMs} ms`);
    socket.destroy(Object.assign(error, { code: 'ETIMEDOUT', syscall: 'connect' }));
  };
  let timer = setTimeout(() => {
    timer = setTimeout(giveUp, connectTimeoutMs - slowConnectMs);
    onSlow();
  }, slowConnectMs);
  const disarm = () => clearTimeout(timer);
  socket.once(openEventOf(socket), disarm);
  socket.once('close', disarm);
}
