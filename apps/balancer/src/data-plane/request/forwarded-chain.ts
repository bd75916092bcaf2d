// Finds the client in the lists in which proxies say whom they forward for. Each proxy appends to the right, so a list is
// read from there, and only as far as those who wrote it are trusted: what stands further left, any client can write.
import { SocketAddress, isIP } from 'node:net';
import { plainAddress, withoutZone } from '../../net/address.js';

/** Who is believed. */
export interface ForwardingTrust {
  /** Proxies in a row, the nearest one included. */
  readonly maxHops: number;
  /** Whether the address is that of a trusted proxy. */
  readonly isProxy: (address: string) => boolean;
}

/**
 * The client that `X-Forwarded-For` names when the trusted proxy `peer` sends it: the first address from the right that is
 * no trusted proxy, or as far left as there are addresses and hops. Undefined when the last element is no address.
 */
export function clientInForwardedFor(list: string, peer: string, trust: ForwardingTrust): string | undefined {
  return walk(list, peer, trust, (text, end) => text.lastIndexOf(',', end - 1), addressIn);
}

/** The same for the `for` parameters of `Forwarded` (RFC 7239 §4). */
export function clientInForwarded(list: string, peer: string, trust: ForwardingTrust): string | undefined {
  return walk(list, peer, trust, (text, end) => lastOutsideQuotes(text, ',', end), forNodeIn);
}

/**
 * The address in the name of a node, with or without a port, brackets and a zone: `192.0.2.7:80`, `[2001:db8::1]:80`.
 * Undefined for anything else, such as `unknown` and `_hidden` (RFC 7239 §6).
 */
export function addressIn(node: string): string | undefined {
  const text = node.trim();
  if (isIP(text) === 4) return text;
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/.exec(text) ?? [];
  const address = plainAddress(withoutZone(bracketed ?? dotted ?? text).toLowerCase());
  const version = isIP(address);
  const isOther = bracketed !== undefined && !bracketed.includes(':');
  if (version === 0 || isOther) return undefined;
  // The form that sockets show, so that one client has one name.
  return version === 4 ? address : plainAddress(new SocketAddress({ address, family: 'ipv6' }).address);
}

function walk(
  list: string,
  peer: string,
  { maxHops, isProxy }: ForwardingTrust,
  commaBefore: (list: string, end: number) => number,
  addressOf: (element: string) => string | undefined,
): string | undefined {
  let client: string | undefined;
  for (let hop = 0, end = list.length; hop < maxHops && end >= 0 && isProxy(client ?? peer); hop++) {
    const comma = commaBefore(list, end);
    const address = addressOf(list.slice(comma + 1, end));
    // The proxy before it could not name its client, which leaves the proxy itself.
    if (address === undefined) break;
    client = address;
    // A comma in front of everything has nothing before it.
    end = comma > 0 ? comma : -1;
  }
  return client;
}

/** The node in the `for` parameter of an element of `Forwarded`. */
function forNodeIn(element: string): string | undefined {
  for (let end = element.length; end >= 0;) {
    const semicolon = lastOutsideQuotes(element, ';', end);
    const parameter = element.slice(semicolon + 1, end).trim();
    if (/^for=/i.test(parameter)) return addressIn(unquoted(parameter.slice('for='.length)));
    end = semicolon;
  }
  return undefined;
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/**
 * Where a separator is last before `end`, outside of quoted strings; -1 without one. From the right: a quote that a client
 * left open at the left has no effect on what proxies appended.
 */
function lastOutsideQuotes(text: string, separator: string, end: number): number {
  let isQuoted = false;
  for (let at = end - 1; at >= 0; at--) {
    if (text[at] === '"' && !isEscaped(text, at)) isQuoted = !isQuoted;
    else if (!isQuoted && text[at] === separator) return at;
  }
  return -1;
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (start > 0 && text[start - 1] === '\\') start--;
  return (at - start) % 2 === 1;
}
