// The address of the other side of a client's connection.
import type { Socket } from 'node:net';
import { plainAddress } from '../../net/address.js';

const ANNOUNCED = Symbol('announced address');

/** A socket whose peer has said for whom it connects. */
type AnnouncedSocket = Socket & { [ANNOUNCED]?: string };

/**
 * The address that the PROXY protocol announced, or that of the socket: of an IPv4 peer in dotted form, also on a dual-stack
 * socket.
 */
export function peerAddressOf(socket: AnnouncedSocket): string {
  return socket[ANNOUNCED] ?? plainAddress(socket.remoteAddress ?? '');
}

/** From here on this is the address of the peer. */
export function announcePeerAddress(socket: AnnouncedSocket, address: string): void {
  socket[ANNOUNCED] = address;
}
