// The form of the cases of raw bytes: what a client sends, what it must get, and what a backend may see of it.
import { chunked, get, head, request } from '../../support/http-text.ts';

/** What must come of it. */
export interface Expectation {
  /** Statuses of the responses, in their order. */
  readonly responses: readonly number[];
  /** What becomes of the client's connection. `open`: the next request on it gets its response. `waits`: for the rest. */
  readonly connection: 'open' | 'closed' | 'waits';
  /** What a backend may see: `POST /a hello`, in its order. */
  readonly reaches: readonly string[];
}

export interface RawCase extends Expectation {
  readonly name: string;
  /** One character for each byte; all in one write. */
  readonly bytes: string;
  /** What is sent once the balancer has read `bytes` and has responded as far as it does. */
  readonly later?: string;
  /** Whether the last response may be 400, because of what follows it. */
  readonly mayBeRefused?: boolean;
  /** What must come of it in a lane where that differs. Without one for the upgrade lane, `inUpgradeLane` derives it. */
  readonly but?: Readonly<Partial<Record<'full' | 'upgrade', Partial<Expectation>>>>;
}

/** Cases about one thing. */
export type Theme = readonly [name: string, cases: readonly RawCase[]];

export { chunked, get, head, request };

/** A request that nothing may make the balancer or a backend serve. */
export const EVIL = get('/evil');

/** Bytes that are refused: a status, the connection ends, and no backend sees any of it. */
export function refused(name: string, bytes: string, status = 400): RawCase {
  return { name, bytes, responses: [status], connection: 'closed', reaches: [] };
}

/** Bytes after which the connection ends without a response, which the client could not read. */
export function closedSilently(name: string, bytes: string): RawCase {
  return { name, bytes, responses: [], connection: 'closed', reaches: [] };
}

/** Bytes that are served, each request with 200, and the connection stays open. */
export function forwarded(name: string, bytes: string, ...reaches: readonly string[]): RawCase {
  return { name, bytes, responses: reaches.map(() => 200), connection: 'open', reaches };
}

/** Bytes that are served, and the connection ends. */
export function forwardedLast(name: string, bytes: string, ...reaches: readonly string[]): RawCase {
  return { ...forwarded(name, bytes, ...reaches), connection: 'closed' };
}

/** Good requests, then bytes that are refused. The good ones get their responses first. */
export function refusedAfter(name: string, bytes: string, reaches: readonly string[], status = 400): RawCase {
  return {
    name,
    bytes,
    responses: [...reaches.map(() => 200), status],
    connection: 'closed',
    reaches,
  };
}

/** Bytes that the balancer serves itself: no backend sees them. */
export function ownResponse(
  name: string,
  bytes: string,
  status: number,
  connection: Expectation['connection'] = 'open',
): RawCase {
  return { name, bytes, responses: [status], connection, reaches: [] };
}

/** Bytes after which the balancer waits for more, with nothing to respond to yet. */
export function waits(name: string, bytes: string, ...reaches: readonly string[]): RawCase {
  return { name, bytes, responses: reaches.map(() => 200), connection: 'waits', reaches };
}

/** A request after which the connection ends, then bytes that may be ignored or refused. */
export function ignoredAfter(name: string, bytes: string, reaches: readonly string[]): RawCase {
  return { ...forwardedLast(name, bytes, ...reaches), mayBeRefused: true };
}

/** A request that the balancer refuses by its head, and what comes later: the rest of its body, and more. */
export function refusedEarly(
  name: string,
  bytes: string,
  later: string,
  expected: Pick<Expectation, 'responses'> & Partial<Expectation>,
): RawCase {
  return { name, bytes, later, connection: 'closed', reaches: [], ...expected };
}

/** A POST of five bytes whose head has these lines. */
export function post(lines: readonly string[], body = 'hello', target = '/a'): string {
  return request('POST', target, lines, body);
}

export const CHUNKED = 'Transfer-Encoding: chunked';

/** A POST in chunks whose body is given byte by byte. */
export function chunks(body: string, ...lines: readonly string[]): string {
  return request('POST', '/a', [CHUNKED, ...lines], body);
}
