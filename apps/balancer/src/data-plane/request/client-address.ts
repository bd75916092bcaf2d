// Who a client is, and whether what it says of itself is believed.
import { isIPv6, type BlockList, type Socket } from 'node:net';
import { plainAddress } from '../../net/address.js';

/** A client's address in its plain form: an IPv4 one in dotted form even on a dual-stack socket. */
export function addressOf(socket: Socket): string {
  return plainAddress(socket.remoteAddress ?? '');
}

/** What was found of clients, by the blocks that were asked. */
const trustByAddress = new WeakMap<BlockList, Map<string, boolean>>();
/** So many clients are remembered: beyond, the memory is emptied. */
const MAX_REMEMBERED = 10_000;

/** Whether `address` lies in one of the trusted blocks, which do not change. Remembered: asking takes a microsecond. */
export function isTrustedClient(address: string, trusted: BlockList): boolean {
  let known = trustByAddress.get(trusted);
  if (!known) trustByAddress.set(trusted, (known = new Map()));
  let isTrusted = known.get(address);
  if (isTrusted === undefined) {
    isTrusted = trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(address, isTrusted);
  }
  return isTrusted;
}
