// The header of the PROXY protocol, with which a proxy that relays TCP says whom it relays for.
// Source: https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt, here §2.
import { SocketAddress, isIP } from 'node:net';
import { plainAddress } from '../../net/address.js';

/** A complete header. */
export interface ProxyHeader {
  /** Bytes; what follows is the client's. */
  readonly length: number;
  /** The client's address; undefined when the proxy speaks for itself or does not know. */
  readonly source: string | undefined;
}

/** What is known of a header after some bytes: all, that more has to arrive, or why it is none. */
export type ProxyHeaderOutcome = ProxyHeader | 'incomplete' | { readonly problem: string };

/** §2.1: with the line end. */
const MAX_LENGTH_1 = 107;
const PREFIX_1 = Buffer.from('PROXY ', 'latin1');
const LINE_1 = /^PROXY (?:UNKNOWN(?: [^\r]*)?|(TCP4|TCP6) (\S{1,45}) (\S{1,45}) (\d{1,5}) (\d{1,5}))$/;

/** §2.2. */
const SIGNATURE_2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const FIXED_LENGTH_2 = 16;
/** Of addresses and extensions (TLVs), which are skipped. The protocol allows 65,535, and proxies send a few hundred. */
const MAX_VARIABLE_LENGTH_2 = 4096;
const LOCAL = 0x20;
const PROXIED = 0x21;
/** The bytes that the addresses of a family take, by its number: unspecified, IPv4, IPv6, UNIX. */
const ADDRESS_LENGTHS = [0, 12, 36, 216];
const MAX_TRANSPORT = 2;
const TCP4 = 0x11;
const TCP6 = 0x21;

/** Reads the header with which a connection begins. `bytes`: all that have arrived. */
export function readProxyHeader(bytes: Buffer): ProxyHeaderOutcome {
  if (startsAlike(bytes, PREFIX_1)) return readVersion1(bytes);
  if (startsAlike(bytes, SIGNATURE_2)) return readVersion2(bytes);
  return { problem: 'the connection does not begin with a PROXY header' };
}

/** Whether the bytes begin with `expected`, or may when more arrive. */
function startsAlike(bytes: Buffer, expected: Buffer): boolean {
  const length = Math.min(bytes.length, expected.length);
  return bytes.subarray(0, length).equals(expected.subarray(0, length));
}

function readVersion1(bytes: Buffer): ProxyHeaderOutcome {
  const end = bytes.subarray(0, MAX_LENGTH_1).indexOf('\r\n');
  if (end === -1) {
    return bytes.length < MAX_LENGTH_1
      ? 'incomplete'
      : { problem: `the PROXY line has more than ${MAX_LENGTH_1} bytes` };
  }
  const line = bytes.toString('latin1', 0, end);
  const length = end + 2;
  const [whole, family, source, destination, ...ports] = LINE_1.exec(line) ?? [];
  if (whole !== undefined && family === undefined) return { length, source: undefined };
  const version = family === 'TCP6' ? 6 : 4;
  const areValid = [source, destination].every((address) => address !== undefined && isIP(address) === version);
  if (areValid && ports.every(isPort)) return { length, source: canonical(source, version) };
  return { problem: `the PROXY line is invalid: ${JSON.stringify(line)}` };
}

function isPort(digits: string): boolean {
  return Number(digits) <= 65_535 && (digits === '0' || !digits.startsWith('0'));
}

function readVersion2(bytes: Buffer): ProxyHeaderOutcome {
  if (bytes.length < FIXED_LENGTH_2) return 'incomplete';
  const command = bytes[12];
  const protocol = bytes[13];
  const variableLength = bytes.readUInt16BE(14);
  if (command !== LOCAL && command !== PROXIED) return { problem: `the PROXY command is ${hex(command)}` };
  const addressLength = ADDRESS_LENGTHS[protocol >> 4];
  if (addressLength === undefined || (protocol & 0xf) > MAX_TRANSPORT) {
    return { problem: `the PROXY family and transport are ${hex(protocol)}` };
  }
  if (variableLength > MAX_VARIABLE_LENGTH_2) {
    return { problem: `the PROXY header has ${variableLength} bytes after its first ${FIXED_LENGTH_2}` };
  }
  const length = FIXED_LENGTH_2 + variableLength;
  if (command === LOCAL) return bytes.length < length ? 'incomplete' : { length, source: undefined };
  if (variableLength < addressLength) {
    return { problem: `the PROXY header has ${variableLength} bytes for addresses of ${addressLength}` };
  }
  return bytes.length < length ? 'incomplete' : { length, source: sourceIn(bytes, protocol) };
}

function sourceIn(bytes: Buffer, protocol: number): string | undefined {
  if (protocol === TCP4) return bytes.subarray(16, 20).join('.');
  if (protocol !== TCP6) return undefined;
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(16 + 2 * i).toString(16));
  return canonical(words.join(':'), 6);
}

/** In the form that sockets show. */
function canonical(address: string, version: number): string {
  return version === 4 ? address : plainAddress(new SocketAddress({ address, family: 'ipv6' }).address);
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
