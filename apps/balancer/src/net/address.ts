// IP addresses and host names, in the forms that sockets, URLs and host names of URLs have for them.
import { BlockList, isIP, isIPv6 } from 'node:net';

/** The prefix of an IPv4-mapped IPv6 address: RFC 4291 §2.5.5.2. */
const MAPPED_PREFIX = '::ffff:';

/**
 * An IPv4-mapped address as the IPv4 address; any other address unchanged. Dual-stack sockets show an IPv4 peer as
 * `::ffff:192.0.2.7`, and URL parsing writes the same address as `::ffff:c000:207`.
 */
export function plainAddress(address: string): string {
  if (!address.startsWith(MAPPED_PREFIX)) return address;
  const rest = address.slice(MAPPED_PREFIX.length);
  if (rest.includes('.')) return rest;
  const words = rest.split(':');
  if (words.length !== 2 || !isIPv6(address)) return address;
  return words.flatMap((word) => [parseInt(word, 16) >> 8, parseInt(word, 16) & 0xff]).join('.');
}

/** A `URL.hostname` as sockets take it: an IPv6 address without its brackets. */
export function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** A host as it stands in a URL and in `Host`: an IPv6 address in brackets (RFC 3986 §3.2.2). */
export function hostForUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Whether `address` is in one of the blocks; never for what is not an IP address. */
export function isListed(blocks: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && blocks.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether only this machine reaches what listens on `address`. */
export function isLoopback(address: string): boolean {
  return isListed(LOOPBACK, plainAddress(address));
}
