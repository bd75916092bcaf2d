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
export const NEVER_DROPPED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'expect',
]);

/** Fields that the balancer says itself; what a client put there is not passed on. */
export const SAID_BY_US: ReadonlySet<string> = new Set([
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
export const KEPT_BACK: ReadonlySet<string> = new Set([
  'endpoint-load-metrics',
  'endpoint-load-metrics-bin',
  'fairlead-placement',
]);

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

/** A header list read into a form that can be asked. */
export type HeaderLookup = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The headers that go to the backend, but for the demand's: end-to-end fields as they came, in their order, then `Via`,
 * `X-Forwarded-*` and `Forwarded` (RFC 7239). A trusted client's are continued, anybody else's are replaced.
 */
export function requestHeaders(raw: readonly string[], joined: HeaderLookup, hop: Hop): string[] {
  const headers = endToEnd(raw, joined.connection, SAID_BY_US);
  if (joined['transfer-encoding'] !== undefined && joined.trailer !== undefined) {
    headers.push('Trailer', text(joined.trailer));
  }
  if (/(^|,)\s*trailers\s*($|,)/i.test(text(joined.te))) headers.push('TE', 'trailers');
  headers.push(...hopFields((name) => text(joined[name]), hop));
  return headers;
}

/** What a request is said to have passed through: `Via`, `X-Forwarded-*` and `Forwarded`. `field` is '' for none. */
export function hopFields(field: (name: string) => string, hop: Hop): string[] {
  const believed = (name: string) => (hop.isTrusted ? field(name) : '');
  const continued = (name: string, value: string) => (believed(name) === '' ? value : `${believed(name)}, ${value}`);
  const host = field('host');
  const fields = ['Via', via(field('via'), hop.httpVersion, hop.pseudonym)];
  fields.push('X-Forwarded-For', continued('x-forwarded-for', hop.clientAddress));
  fields.push('X-Forwarded-Proto', believed('x-forwarded-proto') || 'http');
  if (host !== '') fields.push('X-Forwarded-Host', believed('x-forwarded-host') || host);
  fields.push('Forwarded', continued('forwarded', forwardedElement(hop.clientAddress, host)));
  return fields;
}

/** How an answer goes on to the client. */
export interface AnswerHop {
  readonly httpVersion: string;
  readonly pseudonym: string;
  /** Whether the client gets its body in chunks; only then trailers can follow. */
  readonly isChunked: boolean;
}

/** The headers that go to the client: end-to-end fields as they came, without cost reports, and `Via`. */
export function responseHeaders(raw: readonly string[], joined: HeaderLookup, hop: AnswerHop): string[] {
  const headers = endToEnd(raw, joined.connection, KEPT_BACK);
  if (hop.isChunked && joined.trailer !== undefined) headers.push('Trailer', text(joined.trailer));
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
    const isAllowed = !HOP_BY_HOP.has(name) && !NEVER_DROPPED.has(name) && !SAID_BY_US.has(name);
    if (isAllowed && !KEPT_BACK.has(name)) pairs.push([raw[i], raw[i + 1]]);
  }
  return pairs;
}

/** Whether a `Via` field shows that the message has been here before. */
export function hasPassedThrough(viaField: string | string[] | undefined, pseudonym: string): boolean {
  return viaField !== undefined && text(viaField).includes(pseudonym);
}

function endToEnd(raw: readonly string[], connection: HeaderLookup[string], dropped: ReadonlySet<string>): string[] {
  const listed = connection === undefined ? [] : tokens(text(connection));
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i].toLowerCase();
    if (HOP_BY_HOP.has(name) || dropped.has(name)) continue;
    if (listed.includes(name) && !NEVER_DROPPED.has(name)) continue;
    headers.push(raw[i], raw[i + 1]);
  }
  return headers;
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
