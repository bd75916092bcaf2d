// A client's address, and whether the client is trusted.
import type { BlockList, Socket } from 'node:net';
import { LRUCache } from 'lru-cache';
import { isListed, plainAddress } from '../../net/address.js';

/** A client's address: that of an IPv4 client in dotted form, also on a dual-stack socket. */
export function addressOf(socket: Socket): string {
  return plainAddress(socket.remoteAddress ?? '');
}

/** Addresses whose check is remembered: it takes a microsecond, and each connection needs it. */
const MAX_REMEMBERED = 10_000;

/** The clients whose demand headers and forwarding headers are trusted. */
export class TrustedClients {
  private readonly known = new LRUCache<string, boolean>({ max: MAX_REMEMBERED });

  /** `blocks` must not change. */
  constructor(private readonly blocks: BlockList) {}

  includes(address: string): boolean {
    let isTrusted = this.known.get(address);
    if (isTrusted === undefined) {
      isTrusted = isListed(this.blocks, address);
      this.known.set(address, isTrusted);
    }
    return isTrusted;
  }
}
