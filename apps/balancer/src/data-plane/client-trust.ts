// Who a client is, and whether what it says of itself is believed.
import { isIPv6, type BlockList, type Socket } from 'node:net';

/** A client's address in its plain form: an IPv4 one in dotted form even on a dual-stack socket. */
export function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

/** Whether `address` lies in one of the trusted blocks. */
export function isTrustedClient(address: string, trusted: BlockList): boolean {
  return trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
