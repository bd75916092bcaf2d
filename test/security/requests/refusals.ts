// Refusals after good requests: each good request keeps its response, the refusal comes after them, and nothing after it is
// served (RFC 9112 §9.3.2, §9.6).
import { CHUNKED, EVIL, chunked, get, head, post, refusedAfter, request, type RawCase, type Theme } from './case.ts';

/** Good requests, and what a backend sees of them. */
const GOOD: readonly (readonly [what: string, bytes: string, reaches: readonly string[]])[] = [
  ['a GET', get('/a'), ['GET /a']],
  ['three GETs', get('/a') + get('/b') + get('/c'), ['GET /a', 'GET /b', 'GET /c']],
  ['a length', post(['Content-Length: 5']), ['POST /a hello']],
  ['chunks', request('POST', '/a', [CHUNKED], chunked(['hel', 'lo'])), ['POST /a hello']],
  [
    'a length, chunks and a GET',
    post(['Content-Length: 5']) + post([CHUNKED], chunked(['hi']), '/b') + get('/c'),
    ['POST /a hello', 'POST /b hi', 'GET /c'],
  ],
];

/** Requests that are refused, and the connection ends. */
const BAD: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ['a line that is no field', get('/bad', 'no field'), 400],
  ['a space before a colon', get('/bad', 'X : y'), 400],
  ['a folded line', get('/bad', 'X: y', ' z'), 400],
  ['a bare line feed', 'GET /bad HTTP/1.1\nHost: h\n\n', 400],
  ['a NUL in a field', get('/bad', 'X: \0'), 400],
  ['a length that is none', post(['Content-Length: 5x'], 'hello', '/bad'), 400],
  ['two lengths', post(['Content-Length: 5', 'Content-Length: 6'], 'hello', '/bad'), 400],
  ['a length and a coding', post(['Content-Length: 5', CHUNKED], chunked(['hello']), '/bad'), 400],
  ['a coding that does not end in chunked', post(['Transfer-Encoding: gzip'], 'hello', '/bad'), 400],
  ['an unknown coding', post(['Transfer-Encoding: gzip, chunked'], chunked(['hello']), '/bad'), 501],
  ['a chunk size that is none', post([CHUNKED], 'zz\r\nhello\r\n0\r\n\r\n', '/bad'), 400],
  ['a version in small letters', head('GET /bad http/1.1', ['Host: h']), 400],
  ['HTTP/2.0', head('GET /bad HTTP/2.0', ['Host: h']), 505],
  ['a head that is too large', get('/bad', `X: ${'x'.repeat(20_000)}`), 431],
  ['CONNECT', head('CONNECT h:80 HTTP/1.1', ['Host: h']), 405],
];

export const refusalsAfterGoodRequests: Theme = [
  'refusals after good requests',
  GOOD.flatMap(([before, good, reaches]) =>
    BAD.map(([what, bad, status]) => refusedAfter(`${what} after ${before}`, good + bad + EVIL, reaches, status)),
  ),
];

/** Nothing is served on a connection that is being closed, however late it comes. */
function servedNoMore([what, bytes, status]: (typeof BAD)[number]): RawCase {
  return {
    name: `a request that comes later than ${what}`,
    bytes: get('/a') + bytes,
    later: EVIL,
    responses: [200, status],
    connection: 'closed',
    reaches: ['GET /a'],
  };
}

export const requestsAfterRefusals: Theme = ['requests after refusals', BAD.map(servedNoMore)];
