// The address of the other side of a client's connection.
import type { Socket } from 'node:net';
import { plainAddress } from '../../net/address.js';
import { transportOf } from './transport.js';

const ANNOUNCED = Symbol('announced address');

/** A socket whose peer has said for whom it connects. */
type AnnouncedSocket = Socket & { [ANNOUNCED]?: string };

/**
 * The address that the PROXY protocol announced, or that of the socket: of an IPv4 peer in dotted form, also on a dual-stack
 * socket.
 */
export function peerAddressOf(socket: Socket): string {
  const transport: AnnouncedSocket = transportOf(socket);
  return transport[ANNOUNCED] ?? plainAddress(transport.remoteAddress ?? '');
}

/** Sets the address of the peer, which also holds once the connection has TLS. */
export function announcePeerAddress(socket: AnnouncedSocket, address: string): void {
  socket[ANNOUNCED] = address;
}
