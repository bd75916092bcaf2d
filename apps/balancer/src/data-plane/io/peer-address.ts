// The address of the other side of a client's connection.
import type { Socket } from 'node:net';
import { plainAddress } from '../../net/address.js';

/** That of an IPv4 peer in dotted form, also on a dual-stack socket. */
export function peerAddressOf(socket: Socket): string {
  return plainAddress(socket.remoteAddress ?? '');
}
