// Cuts a connection so that the other side can see it.
import type { Socket } from 'node:net';
import { resetConnection } from './transport.js';

/**
 * Closes a connection with a reset, since a message may end with its connection (RFC 9112 §6.3); without one if everything
 * was sent, its end too. Does nothing to a closed one.
 */
export function cutConnection(socket: Socket): void {
  const { destroyed, writableEnded, writableLength } = socket;
  if (destroyed) return;
  // The system does not reset a connection whose end it is sending.
  if (writableEnded && writableLength === 0) socket.destroy();
  else resetConnection(socket);
}
