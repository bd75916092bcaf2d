// The one rule for what a host and a port are: in `Host` and in the authority of a request target.
import { COLON, DOT, IS_HEX, IS_UNRESERVED } from './bytes.js';

const PERCENT = 0x25;
const BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const ZERO = 0x30;
const MAX_PORT_DIGITS = 5;
const MAX_PORT = 65_535;
/** Groups of an IPv6 address (RFC 4291 §2.2). */
const GROUPS = 8;

/**
 * Whether the bytes from `start` to before `end` are a host, and a port if a colon follows it (RFC 9110 §7.2).
 *
 * The host is a name of unreserved characters and percent-encoded bytes (reg-name of RFC 3986 §3.2.2, of which an IPv4
 * address is one form), or an IPv6 address in brackets. Not allowed are an empty name (RFC 9110 §4.2.1), the delimiters
 * such as `,` and `;` that RFC 3986 allows in names of other schemes and that no host has, and addresses of future
 * versions. The port may be empty, and is at most 65535.
 */
export function isHost(bytes: Uint8Array, start: number, end: number): boolean {
  const hostEnd = bytes[start] === BRACKET ? endOfAddress(bytes, start, end) : endOfName(bytes, start, end);
  if (hostEnd <= start) return false;
  return hostEnd === end || (bytes[hostEnd] === COLON && isPort(bytes, hostEnd + 1, end));
}

/** Returns where the name ends; -1 after a percent sign without two digits. */
function endOfName(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    if (IS_UNRESERVED[bytes[at]] === 1) at++;
    else if (bytes[at] !== PERCENT) break;
    else if (at + 2 < end && IS_HEX[bytes[at + 1]] === 1 && IS_HEX[bytes[at + 2]] === 1) at += 3;
    else return -1;
  }
  return at;
}

function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > MAX_PORT_DIGITS) return false;
  return decimal(bytes, start, end) <= MAX_PORT;
}

/** Returns where the address in brackets ends; -1 when it is none. */
function endOfAddress(bytes: Uint8Array, start: number, end: number): number {
  const closing = bytes.indexOf(CLOSING_BRACKET, start);
  if (closing === -1 || closing >= end) return -1;
  return isIpv6(bytes, start + 1, closing) ? closing + 1 : -1;
}

/** Whether the bytes are an IPv6 address without a zone (RFC 3986 §3.2.2). */
function isIpv6(bytes: Uint8Array, start: number, end: number): boolean {
  let groups = 0;
  let gaps = 0;
  let at = start;
  if (end - start >= 2 && bytes[at] === COLON && bytes[at + 1] === COLON) {
    gaps = 1;
    at += 2;
  }
  while (at < end) {
    const groupStart = at;
    while (at < end && IS_HEX[bytes[at]] === 1) at++;
    if (at < end && bytes[at] === DOT) {
      if (!isIpv4(bytes, groupStart, end)) return false;
      groups += 2;
      break;
    }
    if (at === groupStart || at - groupStart > 4) return false;
    groups++;
    if (at === end) break;
    if (bytes[at++] !== COLON || at === end) return false;
    if (bytes[at] === COLON) {
      gaps++;
      at++;
    }
  }
  return gaps === 0 ? groups === GROUPS : gaps === 1 && groups < GROUPS;
}

function isIpv4(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  for (let octet = 1; octet <= 4; octet++) {
    const octetStart = at;
    while (at < end && bytes[at] !== DOT) at++;
    const digits = at - octetStart;
    const hasLeadingZero = digits > 1 && bytes[octetStart] === ZERO;
    if (digits === 0 || digits > 3 || hasLeadingZero || decimal(bytes, octetStart, at) > 255) return false;
    if (octet < 4) at++;
  }
  return at === end;
}

/** The number that the digits from `start` to before `end` are; `Infinity` for anything else, and 0 for none. */
function decimal(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return Infinity;
    value = value * 10 + digit;
  }
  return value;
}
