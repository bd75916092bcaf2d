// The rules for headers that pass through, in both directions. Pure: raw header lists in, raw header lists out.
//
// A raw header list alternates names and values as they stood on the wire, as Node's `rawHeaders` does.

/** Fields that belong to one connection only: RFC 9110 §7.6.1 and, for the Proxy- fields, §11.7. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  // Not hop-by-hop by itself, but of use only where the message goes on in chunks: said again by whoever knows.
  'trailer',
  'proxy-authenticate',
  'proxy-authorization',
]);

/** Fields that frame or route a message: naming them in `Connection` does not make them hop-by-hop. */
export const CONNECTION_EXEMPT: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'expect',
]);

/** Fields that the balancer says itself; what a client put there is not passed on. */
export const PROXY_SET_HEADERS: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'via',
  'compute',
  'storage',
  'fairlead-demand',
  'fairlead-explain',
]);

/** What backends say is not passed on: cost reports (ORCA), for the balancer alone, and what only the balancer may say. */
export const STRIPPED_RESPONSE_HEADERS: ReadonlySet<string> = new Set([
  'endpoint-load-metrics',
  'endpoint-load-metrics-bin',
  'fairlead-placement',
]);

const DROPPED_FROM_REQUESTS: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...PROXY_SET_HEADERS]);
const DROPPED_FROM_RESPONSES: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...STRIPPED_RESPONSE_HEADERS]);

/** What the forwarding headers of a request are made from. */
export interface Hop {
  /** The client's address, without a port. */
  readonly clientAddress: string;
  /** Whether what the client says of those before it is believed. */
  readonly isTrusted: boolean;
  /** `1.0` or `1.1`, for `Via`. */
  readonly httpVersion: string;
  /** The name this balancer gives itself in `Via`. */
  readonly pseudonym: string;
}

/** The headers of a request that go on to the backend: end-to-end fields as they came, in their order. */
export function requestHeaders(raw: readonly string[]): string[] {
  const { endToEnd: headers, coding, trailer, te } = sortFields(raw, DROPPED_FROM_REQUESTS);
  if (coding !== undefined && trailer !== undefined) headers.push('Trailer', trailer);
  if (te !== undefined && /(^|,)\s*trailers\s*($|,)/i.test(te)) headers.push('TE', 'trailers');
  return headers;
}

/**
 * What a request is said to have passed through: `Via`, `X-Forwarded-*` and `Forwarded` (RFC 7239). A trusted client's are
 * continued, anybody else's are replaced. `field` is '' for none.
 */
export function hopFields(field: (name: string) => string, hop: Hop): string[] {
  const trusted = (name: string) => (hop.isTrusted ? field(name) : '');
  const appended = (name: string, value: string) => (trusted(name) === '' ? value : `${trusted(name)}, ${value}`);
  const host = field('host');
  const fields = ['Via', via(field('via'), hop.httpVersion, hop.pseudonym)];
  fields.push('X-Forwarded-For', appended('x-forwarded-for', hop.clientAddress));
  fields.push('X-Forwarded-Proto', trusted('x-forwarded-proto') || 'http');
  if (host !== '') fields.push('X-Forwarded-Host', trusted('x-forwarded-host') || host);
  fields.push('Forwarded', appended('forwarded', forwardedElement(hop.clientAddress, host)));
  return fields;
}

/** How an answer goes on to the client. */
export interface ResponseHop {
  readonly httpVersion: string;
  readonly pseudonym: string;
  /** Whether the client gets its body in chunks; only then trailers can follow. */
  readonly isChunked: boolean;
}

/** An answer's header list, sorted. */
export function sortResponseFields(raw: readonly string[]): SortedFields {
  return sortFields(raw, DROPPED_FROM_RESPONSES);
}

/** The headers that go to the client: end-to-end fields as they came, without cost reports, and `Via`. */
export function responseHeaders({ endToEnd: headers, trailer }: SortedFields, hop: ResponseHop): string[] {
  if (hop.isChunked && trailer !== undefined) headers.push('Trailer', trailer);
  headers.push('Via', `${hop.httpVersion} ${hop.pseudonym}`);
  return headers;
}

/** Whether a reason phrase has only characters that may stand there (RFC 9112 §4). */
export function isReasonPhrase(phrase: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(phrase);
}

/** The end-to-end fields of a trailer section: what frames or routes a message may not stand there (RFC 9110 §6.5.1). */
export function trailerPairs(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i].toLowerCase();
    const isAllowed = !HOP_BY_HOP.has(name) && !CONNECTION_EXEMPT.has(name) && !PROXY_SET_HEADERS.has(name);
    if (isAllowed && !STRIPPED_RESPONSE_HEADERS.has(name)) pairs.push([raw[i], raw[i + 1]]);
  }
  return pairs;
}

/** Whether a `Via` field shows that the message has been here before. */
export function hasPassedThrough(viaField: string | string[] | undefined, pseudonym: string): boolean {
  return viaField !== undefined && text(viaField).includes(pseudonym);
}

/** A header list, read once: what goes on to the next hop, and what was said to this one. */
export interface SortedFields {
  /** The fields that go on, a raw header list for whoever asked. */
  readonly endToEnd: string[];
  /** Fields of this hop; of repeated ones the values, joined. */
  connection: string | undefined;
  keepAlive: string | undefined;
  coding: string | undefined;
  trailer: string | undefined;
  te: string | undefined;
  /** What `Content-Length` says. */
  length: string | undefined;
  /** Whether a field was there that the balancer reads and keeps. */
  hasReport: boolean;
}

function sortFields(raw: readonly string[], dropped: ReadonlySet<string>): SortedFields {
  const endToEnd: string[] = [];
  const fields: SortedFields = {
    endToEnd,
    connection: undefined,
    keepAlive: undefined,
    coding: undefined,
    trailer: undefined,
    te: undefined,
    length: undefined,
    hasReport: false,
  };
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i].toLowerCase();
    if (dropped.has(name)) recordHopField(fields, name, raw[i + 1]);
    else {
      if (name === 'content-length') fields.length = raw[i + 1];
      endToEnd.push(raw[i], raw[i + 1]);
    }
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
  else if (STRIPPED_RESPONSE_HEADERS.has(name)) fields.hasReport = true;
}

/** Whether naming a field in `Connection` makes a difference to it. */
function isDroppable(name: string): boolean {
  return !HOP_BY_HOP.has(name) && !CONNECTION_EXEMPT.has(name) && name !== 'close';
}

function without(raw: readonly string[], names: readonly string[]): string[] {
  return raw.filter((_, i) => !names.includes(raw[i - (i % 2)].toLowerCase()));
}

/** Takes a field out of a raw header list. */
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

/** One element of `Forwarded`. An IPv6 address is bracketed and quoted, a host with a port is quoted (RFC 7239 §4, §6). */
function forwardedElement(address: string, host: string): string {
  const node = address.includes(':') ? `"[${address}]"` : address;
  const isToken = /^[\w.!#$%&'*+^`|~-]+$/.test(host);
  const hostPart = host === '' ? '' : `;host=${isToken ? host : `"${host.replaceAll(/["\\]/g, '\\$&')}"`}`;
  return `for=${node}${hostPart};proto=http`;
}

function tokens(field: string): string[] {
  return field.split(',').map((token) => token.trim().toLowerCase());
}

function text(value: string | string[] | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : value.join(', ');
}
