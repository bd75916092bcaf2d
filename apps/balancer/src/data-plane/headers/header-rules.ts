// The rules for forwarding header fields, in both directions. Pure: raw header lists in, raw header lists out.
//
// A raw header list alternates names and values as on the wire, like Node's `rawHeaders`.
import { REQUEST_ID_FIELD, REQUEST_ID_HEADER } from './request-id-header.js';

/** Fields that belong to one connection only: RFC 9110 §7.6.1 and, for the Proxy- fields, §11.7. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  // Not hop-by-hop, but only of use in a chunked message: it is set again where the message is forwarded in chunks.
  'trailer',
  'proxy-authenticate',
  'proxy-authorization',
]);

/** Fields that frame or route a message: `Connection` cannot make them hop-by-hop. */
export const CONNECTION_EXEMPT: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'expect',
]);

/** Request fields that the balancer sets itself: a client's are dropped. */
export const PROXY_SET_HEADERS: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'via',
  'x-client-cert-subject',
  'compute',
  'storage',
  'fairlead-demand',
  'fairlead-explain',
]);

/** Response fields of backends that are dropped: cost reports (ORCA), and what only the balancer sets. */
export const STRIPPED_RESPONSE_HEADERS: ReadonlySet<string> = new Set([
  'endpoint-load-metrics',
  'endpoint-load-metrics-bin',
  'fairlead-placement',
]);

const DROPPED_FROM_RESPONSES: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...STRIPPED_RESPONSE_HEADERS]);
const isDroppedFromResponses: FieldTest = (name) => DROPPED_FROM_RESPONSES.has(name);
const isDroppedOrRequestId: FieldTest = (name) => DROPPED_FROM_RESPONSES.has(name) || name === REQUEST_ID_FIELD;

/** A condition on a field, by its name in lower case. */
export type FieldTest = (lowerName: string) => boolean;

/** The other side of a connection. */
export interface HopPeer {
  /** Without a port. */
  readonly address: string;
  /** Whether its forwarding headers are continued. */
  readonly isProxy: boolean;
  /** Undefined without TLS. */
  readonly tlsVersion?: string | undefined;
  /** The subject of its verified certificate; undefined without one. */
  readonly certificateSubject?: string | undefined;
}

/** What the forwarding headers of a request are made from. */
export interface Hop {
  readonly peer: HopPeer;
  /** `1.0` or `1.1`, for `Via`. */
  readonly httpVersion: string;
  /** This balancer's pseudonym in `Via`. */
  readonly pseudonym: string;
}

/** How a request is forwarded to the backend. */
export interface RequestHop {
  /** `1.0` or `1.1`: what the client speaks. */
  readonly httpVersion: string;
  /** The option of `Connection`: `keep-alive` or `Upgrade`. */
  readonly connection: string;
}

/** The header list to forward to the backend: end-to-end fields, unchanged and in order, and `Connection`. */
export function requestHeaders(
  raw: readonly string[],
  isDropped: FieldTest,
  { httpVersion, connection }: RequestHop,
): string[] {
  const { endToEnd: headers, coding, trailer, te } = sortFields(raw, isDropped);
  // RFC 9110 §10.1.1: HTTP/1.0 has no expectations, and the request is forwarded in HTTP/1.1.
  if (httpVersion === '1.0') removeField(headers, 'expect');
  if (coding !== undefined && trailer !== undefined) headers.push('Trailer', trailer);
  // RFC 9110 §10.1.4: TE is for the next recipient, so it is named in Connection.
  const wantsTrailers = te !== undefined && /(^|,)\s*trailers\s*($|,)/i.test(te);
  if (wantsTrailers) headers.push('TE', 'trailers');
  headers.push('Connection', wantsTrailers ? `${connection}, TE` : connection);
  return headers;
}

/**
 * The forwarding headers of a request: `Via`, `X-Forwarded-*`, `Forwarded` (RFC 7239), and `X-Client-Cert-Subject`. Those of
 * a trusted proxy are continued, those of any other peer replaced; a subject is replaced whenever the peer has a verified one. `field` returns '' for an absent field.
 */
export function hopFields(field: (name: string) => string, hop: Hop): string[] {
  const trusted = (name: string) => (hop.peer.isProxy ? field(name) : '');
  const appended = (name: string, value: string) => (trusted(name) === '' ? value : `${trusted(name)}, ${value}`);
  const host = field('host');
  const fields = ['Via', via(field('via'), hop.httpVersion, hop.pseudonym)];
  fields.push('X-Forwarded-For', appended('x-forwarded-for', hop.peer.address));
  const scheme = hop.peer.tlsVersion === undefined ? 'http' : 'https';
  fields.push('X-Forwarded-Proto', trusted('x-forwarded-proto') || scheme);
  const forwardedHost = trusted('x-forwarded-host') || host;
  if (forwardedHost !== '') fields.push('X-Forwarded-Host', forwardedHost);
  fields.push('Forwarded', appended('forwarded', forwardedElement(hop.peer.address, host, scheme)));
  const subject = trusted('x-client-cert-subject') || (hop.peer.certificateSubject ?? '');
  if (subject !== '') fields.push('X-Client-Cert-Subject', subject);
  return fields;
}

/** How a response is forwarded to the client. */
export interface ResponseHop {
  readonly statusCode: number;
  readonly httpVersion: string;
  readonly pseudonym: string;
  /** Whether the body is sent to the client in chunks; only then trailers can follow. */
  readonly isChunked: boolean;
  /** The id of the request; undefined for none. */
  readonly requestId?: string | undefined;
}

/**
 * Sorts the header list of a response. `requestId` replaces the backend's `X-Request-Id`; undefined leaves it. `dropped`: names
 * of further fields to drop, in lower case.
 */
export function sortResponseFields(
  raw: readonly string[],
  requestId?: string,
  dropped?: ReadonlySet<string>,
): SortedFields {
  const isDropped = requestId === undefined ? isDroppedFromResponses : isDroppedOrRequestId;
  return sortFields(raw, dropped ? (name) => isDropped(name) || dropped.has(name) : isDropped);
}

/** The header list to forward to the client: end-to-end fields without cost reports, the request's id, and `Via`. */
export function responseHeaders({ endToEnd: headers, trailer }: SortedFields, hop: ResponseHop): string[] {
  if (!mayHaveLength(hop.statusCode)) removeField(headers, 'content-length');
  if (hop.isChunked && trailer !== undefined) headers.push('Trailer', trailer);
  if (hop.requestId !== undefined) headers.push(REQUEST_ID_HEADER, hop.requestId);
  headers.push('Via', `${hop.httpVersion} ${hop.pseudonym}`);
  return headers;
}

/** Whether a response with this status may have `Content-Length` (RFC 9110 §8.6). */
export function mayHaveLength(statusCode: number): boolean {
  return statusCode !== 204 && statusCode >= 200;
}

/** The option of `Connection` in a response that requires another protocol (RFC 9110 §15.5.22), besides its `Upgrade`. */
export function upgradeRequiredConnection(isKept: boolean): string {
  return isKept ? 'keep-alive, upgrade' : 'close, upgrade';
}

/** Whether a reason phrase has only allowed characters (RFC 9112 §4). */
export function isReasonPhrase(phrase: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(phrase);
}

/** The end-to-end fields of a trailer section, without those that frame or route a message (RFC 9110 §6.5.1). */
export function trailerPairs(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i].toLowerCase();
    const isAllowed = !HOP_BY_HOP.has(name) && !CONNECTION_EXEMPT.has(name) && !PROXY_SET_HEADERS.has(name);
    if (isAllowed && !STRIPPED_RESPONSE_HEADERS.has(name)) pairs.push([raw[i], raw[i + 1]]);
  }
  return pairs;
}

/** Whether a `Via` field shows that the message has passed through this balancer. */
export function hasPassedThrough(viaField: string | string[] | undefined, pseudonym: string): boolean {
  return viaField !== undefined && text(viaField).includes(pseudonym);
}

/** A header list, read once: the fields to forward, and those of this hop. */
export interface SortedFields {
  /** The fields to forward, as a raw header list that belongs to the caller. */
  readonly endToEnd: string[];
  /** Fields of this hop; the values of repeated ones are joined. */
  connection: string | undefined;
  keepAlive: string | undefined;
  coding: string | undefined;
  trailer: string | undefined;
  te: string | undefined;
  upgrade: string | undefined;
  /** The value of `Content-Length`, as received. */
  length: string | undefined;
  /** Whether a response field was stripped, such as a cost report. */
  hasReport: boolean;
}

function sortFields(raw: readonly string[], isDropped: FieldTest): SortedFields {
  const endToEnd: string[] = [];
  const fields: SortedFields = {
    endToEnd,
    connection: undefined,
    keepAlive: undefined,
    coding: undefined,
    trailer: undefined,
    te: undefined,
    upgrade: undefined,
    length: undefined,
    hasReport: false,
  };
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i].toLowerCase();
    if (isDropped(name)) recordHopField(fields, name, raw[i + 1]);
    else {
      if (name === 'content-length') fields.length = raw[i + 1];
      endToEnd.push(raw[i], raw[i + 1]);
    }
  }
  if (fields.length !== undefined && /^0\d/.test(fields.length)) {
    // Some parsers read 010 as octal. A lane that copies lines leaves this one out and adds another.
    removeField(endToEnd, 'content-length');
    endToEnd.push('Content-Length', fields.length.replace(/^0+(?=\d)/, ''));
  }
  const listed = fields.connection === undefined ? [] : tokens(fields.connection).filter(isDroppable);
  return listed.length === 0 ? fields : { ...fields, endToEnd: without(endToEnd, listed) };
}

function recordHopField(fields: SortedFields, name: string, value: string): void {
  if (name === 'connection') fields.connection = joined(fields.connection, value);
  else if (name === 'keep-alive') fields.keepAlive = joined(fields.keepAlive, value);
  else if (name === 'transfer-encoding') fields.coding = joined(fields.coding, value);
  else if (name === 'trailer') fields.trailer = joined(fields.trailer, value);
  else if (name === 'te') fields.te = joined(fields.te, value);
  else if (name === 'upgrade') fields.upgrade = joined(fields.upgrade, value);
  else if (STRIPPED_RESPONSE_HEADERS.has(name)) fields.hasReport = true;
}

/** Whether a field that `Connection` names is dropped for that. */
function isDroppable(name: string): boolean {
  return !HOP_BY_HOP.has(name) && !CONNECTION_EXEMPT.has(name) && name !== 'close';
}

function without(raw: readonly string[], names: readonly string[]): string[] {
  return raw.filter((_, i) => !names.includes(raw[i - (i % 2)].toLowerCase()));
}

/** Removes the first field of this name from a raw header list. */
export function removeField(raw: string[], name: string): void {
  const at = raw.findIndex((field, i) => i % 2 === 0 && field.toLowerCase() === name);
  if (at !== -1) raw.splice(at, 2);
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}

function via(before: string, httpVersion: string, pseudonym: string): string {
  const here = `${httpVersion} ${pseudonym}`;
  return before === '' ? here : `${before}, ${here}`;
}

/**
 * One element of `Forwarded`. An IPv6 address is bracketed and quoted; a host with a port is quoted (RFC 7239 §4, §6).
 */
function forwardedElement(address: string, host: string, scheme: string): string {
  const node = address.includes(':') ? `"[${address}]"` : address;
  const isToken = /^[\w.!#$%&'*+^`|~-]+$/.test(host);
  const hostPart = host === '' ? '' : `;host=${isToken ? host : `"${host.replaceAll(/["\\]/g, '\\$&')}"`}`;
  return `for=${node}${hostPart};proto=${scheme}`;
}

function tokens(field: string): string[] {
  return field.split(',').map((token) => token.trim().toLowerCase());
}

function text(value: string | string[] | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : value.join(', ');
}
