// IP addresses and host names, in the forms that sockets, URLs and host names of URLs have for them.
import { BlockList, isIP, isIPv6 } from 'node:net';
import { clientIdentity } from '@fairlead/scheduling';

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

/** The address without the zone that names an interface, `%eth0` (RFC 4007 §11). */
export function withoutZone(address: string): string {
  const [bare = ''] = address.split('%', 1);
  return bare;
}

/**
 * What counts as one address where callers are limited: an IPv4 address, or the /64 of an IPv6 address, in which a host
 * may take any address (RFC 4291 §2.5.4).
 */
export function callerNetworkOf(address: string): string {
  const plain = plainAddress(withoutZone(address));
  return isIPv6(plain) ? `${clientIdentity(plain)}::/64` : plain;
}

/** Offsets of the IPv4 address in IPv6 addresses that lead to one, in words of 16 bits, by the words before them. */
const EMBEDDED: readonly (readonly [prefix: readonly number[], offset: number])[] = [
  // IPv4-mapped and IPv4-compatible: RFC 4291 §2.5.5.
  [[0, 0, 0, 0, 0, 0xffff], 6],
  [[0, 0, 0, 0, 0, 0], 6],
  // Translated: RFC 2765 §2.1, and NAT64: RFC 6052 §2.1.
  [[0, 0, 0, 0, 0xffff, 0], 6],
  [[0x64, 0xff9b, 0, 0, 0, 0], 6],
  // 6to4: RFC 3056 §2.
  [[0x2002], 1],
];

/** The IPv4 address to which an IPv6 address leads by a translation; undefined for any other address. */
export function embeddedIPv4(address: string): string | undefined {
  if (!isIPv6(address)) return undefined;
  const words = wordsOf(address);
  const found = EMBEDDED.find(([prefix]) => prefix.every((word, i) => words[i] === word));
  if (!found) return undefined;
  const [, offset] = found;
  const octets = words.slice(offset, offset + 2).flatMap((word) => [word >> 8, word & 0xff]);
  // `::` and `::1` have the form of IPv4-compatible addresses.
  return octets.slice(0, 3).some((octet) => octet > 0) || offset === 1 ? octets.join('.') : undefined;
}

/** The eight words of an IPv6 address. URL parsing writes it without dots, in the shortest form. */
function wordsOf(address: string): number[] {
  const [head = '', tail] = bareHost(new URL(`http://[${address}]`).hostname).split('::');
  const parse = (text: string) => (text === '' ? [] : text.split(':').map((word) => parseInt(word, 16)));
  const [before, after] = [parse(head), parse(tail ?? '')];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}
