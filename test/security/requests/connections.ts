// What concerns one connection: hop-by-hop fields, versions, Expect, upgrades, and several requests at once.
import {
  CHUNKED,
  EVIL,
  chunked,
  forwarded,
  forwardedLast,
  ignoredAfter,
  get,
  head,
  ownResponse,
  post,
  refused,
  refusedAfter,
  refusedEarly,
  request,
  type Theme,
} from './case.ts';

const withLines = (...lines: readonly string[]) => request('GET', '/a', lines);
const ONE_TEN = (...lines: readonly string[]) => head('GET /a HTTP/1.0', ['Host: h', ...lines]);

export const hopByHop: Theme = [
  'hop-by-hop fields',
  [
    forwarded('a field named in Connection', withLines('Connection: X-Private', 'X-Private: 1'), 'GET /a'),
    forwarded('a cookie named in Connection', withLines('Connection: Cookie, Authorization', 'Cookie: a=1'), 'GET /a'),
    forwarded('X-Forwarded-For named in Connection', withLines('Connection: X-Forwarded-For'), 'GET /a'),
    forwarded('Host named in Connection', withLines('Connection: Host'), 'GET /a'),
    forwarded(
      'the length named in Connection',
      post(['Connection: Content-Length', 'Content-Length: 5']),
      'POST /a hello',
    ),
    forwardedLast(
      'close, and the length named',
      post(['Connection: close, Content-Length', 'Content-Length: 5']),
      'POST /a hello',
    ),
    forwarded(
      'the coding named in Connection',
      post(['Connection: Transfer-Encoding', CHUNKED], chunked(['hello'])),
      'POST /a hello',
    ),
    forwarded('an empty Connection', withLines('Connection:', 'Connection: ,'), 'GET /a'),
    forwardedLast('Proxy-Connection', withLines('Proxy-Connection: close'), 'GET /a'),
    forwarded('Keep-Alive', withLines('Keep-Alive: timeout=1, max=1'), 'GET /a'),
    forwarded('TE', withLines('Connection: TE', 'TE: trailers, gzip;q=0.5, chunked'), 'GET /a'),
    forwarded('a length for a GET', request('GET', '/a', ['Content-Length: 5'], 'hello'), 'GET /a hello'),
    forwarded(
      'a request in the body of a GET',
      request('GET', '/a', [`Content-Length: ${EVIL.length}`], EVIL),
      `GET /a ${EVIL}`,
    ),
    forwarded('a coding for a GET', request('GET', '/a', [CHUNKED], chunked(['hello'])), 'GET /a hello'),
    forwarded('a body of a HEAD', request('HEAD', '/a', ['Content-Length: 5'], 'hello'), 'HEAD /a hello'),
    forwarded('a body of a DELETE', request('DELETE', '/a', ['Content-Length: 5'], 'hello'), 'DELETE /a hello'),
    ownResponse('its own Via', withLines('Via: 1.1 {pseudonym}'), 508),
  ],
];

export const versionTen: Theme = [
  'HTTP/1.0',
  [
    forwardedLast('a GET', ONE_TEN(), 'GET /a'),
    ignoredAfter('a GET, and a request after it', ONE_TEN() + EVIL, ['GET /a']),
    forwarded('a GET that is kept alive', ONE_TEN('Connection: keep-alive'), 'GET /a'),
    forwardedLast('a body', `${head('POST /a HTTP/1.0', ['Host: h', 'Content-Length: 5'])}hello`, 'POST /a hello'),
    ignoredAfter('a body without a length, until the end', `${head('POST /a HTTP/1.0', ['Host: h'])}hello`, [
      'POST /a',
    ]),
    forwardedLast(
      'Expect, which 1.0 does not have',
      `${head('POST /a HTTP/1.0', ['Host: h', 'Content-Length: 5', 'Expect: 100-continue'])}hello`,
      'POST /a hello',
    ),
    forwardedLast(
      'an Expect that cannot be met, which 1.0 does not have',
      `${head('POST /a HTTP/1.0', ['Host: h', 'Content-Length: 5', 'Expect: miracles'])}hello`,
      'POST /a hello',
    ),
    forwardedLast('Upgrade, which 1.0 does not have', ONE_TEN('Connection: Upgrade', 'Upgrade: x'), 'GET /a'),
    forwarded(
      'Upgrade, which 1.0 does not have, kept alive',
      ONE_TEN('Connection: Upgrade, keep-alive', 'Upgrade: x'),
      'GET /a',
    ),
    refused(
      'a coding, which 1.0 does not have',
      `${head('POST /a HTTP/1.0', ['Host: h', CHUNKED, 'Connection: keep-alive'])}${chunked(['hello'])}${EVIL}`,
    ),
    refused('two lengths', `${head('POST /a HTTP/1.0', ['Host: h', 'Content-Length: 0', 'Content-Length: 5'])}hello`),
  ],
];

export const expectations: Theme = [
  'expectations',
  [
    {
      ...forwarded(
        'Expect, with the body at once',
        post(['Expect: 100-continue', 'Content-Length: 5']),
        'POST /a hello',
      ),
      responses: [100, 200],
    },
    {
      ...forwarded('Expect in capitals', post(['EXPECT: 100-CONTINUE', 'Content-Length: 5']), 'POST /a hello'),
      responses: [100, 200],
    },
    {
      ...forwarded('Expect in chunks', post(['Expect: 100-continue', CHUNKED], chunked(['hello'])), 'POST /a hello'),
      responses: [100, 200],
    },
    {
      ...forwarded('Expect without a body', get('/a', 'Expect: 100-continue'), 'GET /a'),
      responses: [100, 200],
      but: { upgrade: { responses: [200] } },
    },
    {
      ...forwarded(
        'Expect twice',
        post(['Expect: 100-continue', 'Expect: 100-continue', 'Content-Length: 5']),
        'POST /a hello',
      ),
      responses: [100, 200],
    },
    ...['miracles', 'y100-continue', '100-continuex'].map((value) =>
      ownResponse(`Expect: ${value}`, post([`Expect: ${value}`, 'Content-Length: 5']), 417),
    ),
    // A client that waits for 100 may never send its body, so the connection ends.
    ...['y 100-continue', '"100-continue"', '100-continue;q=1', '100-continue, x'].map((value) =>
      refused(`Expect: ${value}`, post([`Expect: ${value}`, 'Content-Length: 5']), 417),
    ),
    ownResponse('an empty Expect', post(['Expect:', 'Content-Length: 5']), 417),
    refused(
      'Expect, a length and a coding',
      post(['Expect: 100-continue', 'Content-Length: 5', CHUNKED], chunked(['hello'])),
    ),
  ],
];

const upgradeTo = (protocol: string, ...lines: readonly string[]) =>
  get('/a', 'Connection: Upgrade', `Upgrade: ${protocol}`, ...lines);

/** A request that is cut within its last field line, and the rest, which could be a request of its own. */
const CUT = 'GET /b HTTP/1.1\r\nHost: h\r\nX: y';
const REST = 'GET /evil HTTP/1.1\r\nY: z\r\n\r\n';

export const upgrades: Theme = [
  'upgrades',
  [
    forwardedLast('an upgrade that is refused', upgradeTo('websocket'), 'GET /a'),
    forwardedLast('an upgrade that is refused, and a request after it', upgradeTo('websocket') + EVIL, 'GET /a'),
    forwardedLast('an upgrade to a made-up protocol', upgradeTo('x/1, y'), 'GET /a'),
    forwarded('an upgrade to h2c', upgradeTo('h2c', 'HTTP2-Settings: AAMAAABkAAQ'), 'GET /a'),
    forwarded('an upgrade to h2c in capitals', upgradeTo('H2C'), 'GET /a'),
    forwarded('an upgrade to HTTP/2.0', upgradeTo('HTTP/2.0'), 'GET /a'),
    forwarded('an upgrade to h2c after another protocol', upgradeTo('websocket, h2c'), 'GET /a'),
    ...['h2', 'h2c, websocket', '"h2c"', 'x y', 'x;y', ',', 'x,', 'HTTP/3'].map((protocol) =>
      forwarded(`an upgrade to ${protocol}`, upgradeTo(protocol), 'GET /a'),
    ),
    {
      ...forwarded('an upgrade to h2c, and a request cut within a field', upgradeTo('h2c') + CUT, 'GET /a', 'GET /b'),
      later: REST,
    },
    {
      ...forwarded(
        'an upgrade with a body, and a request cut within a field',
        request('GET', '/a', ['Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 5'], 'hello') + CUT,
        'GET /a hello',
        'GET /b',
      ),
      later: REST,
    },
    forwarded('Upgrade without Connection', get('/a', 'Upgrade: websocket'), 'GET /a'),
    forwarded(
      'an upgrade with a body',
      request('POST', '/a', ['Connection: Upgrade', 'Upgrade: x', 'Content-Length: 5'], 'hello'),
      'POST /a hello',
    ),
    forwarded(
      'an upgrade of a GET with a body',
      request('GET', '/a', ['Connection: Upgrade', 'Upgrade: x', 'Content-Length: 5'], 'hello'),
      'GET /a hello',
    ),
    refused(
      'an upgrade with a length and a coding',
      request('GET', '/a', ['Connection: Upgrade', 'Upgrade: x', 'Content-Length: 5', CHUNKED], chunked(['hello'])),
    ),
    refused(
      'an upgrade with two hosts',
      head('GET /a HTTP/1.1', ['Host: a', 'Host: b', 'Connection: Upgrade', 'Upgrade: x']),
    ),
    refused('an upgrade with a folded protocol', get('/a', 'Connection: Upgrade', 'Upgrade: websocket', ' x')),
    refused(
      'an upgrade of a target that is no path',
      head('GET ftp://x/ HTTP/1.1', ['Host: a', 'Connection: Upgrade', 'Upgrade: x']),
    ),
  ],
];

export const sequences: Theme = [
  'several requests',
  [
    forwarded('two', get('/a') + get('/b'), 'GET /a', 'GET /b'),
    forwarded(
      'three methods',
      get('/a') + request('HEAD', '/b') + post(['Content-Length: 5'], 'hello', '/c'),
      'GET /a',
      'HEAD /b',
      'POST /c hello',
    ),
    forwarded(
      'fifty',
      Array.from({ length: 50 }, (_, i) => get(`/${i}`)).join(''),
      ...Array.from({ length: 50 }, (_, i) => `GET /${i}`),
    ),
    forwarded('a GET after chunks', post([CHUNKED], chunked(['abc'])) + get('/b'), 'POST /a abc', 'GET /b'),
    forwarded(
      'chunks after a GET',
      get('/a') + request('POST', '/b', [CHUNKED], chunked(['abc'])),
      'GET /a',
      'POST /b abc',
    ),
    forwarded('empty lines between', `${get('/a')}\r\n\r\n${get('/b')}`, 'GET /a', 'GET /b'),
    ignoredAfter('a request after close', get('/a', 'Connection: close') + EVIL, ['GET /a']),
    forwardedLast('a request after an upgrade', get('/a', 'Connection: Upgrade', 'Upgrade: x') + EVIL, 'GET /a'),
    refusedAfter('more than the length', `${post(['Content-Length: 3'], 'abc')}de\r\n\r\n`, ['POST /a abc']),
    refusedAfter('noise after a GET', `${get('/a')}\x00\x00\r\n\r\n`, ['GET /a']),
    refusedAfter('two lengths after a GET', get('/a') + post(['Content-Length: 0', 'Content-Length: 5'], 'hello'), [
      'GET /a',
    ]),
    refusedAfter(
      'a length and a coding after a GET',
      get('/a') + post(['Content-Length: 5', CHUNKED], chunked(['hello'])),
      ['GET /a'],
    ),
    refusedAfter('a bare line feed after chunks', `${post([CHUNKED], chunked(['abc']))}GET /b HTTP/1.1\nHost: h\n\n`, [
      'POST /a abc',
    ]),
    refusedAfter(
      'a head that is too large after a GET',
      get('/a') + get('/b', `X: ${'x'.repeat(20_000)}`),
      ['GET /a'],
      431,
    ),
  ],
];

const IN_CHUNKS = [CHUNKED, 'Host: h'];
/** Heads that are refused before the body has come, and with which status. */
const EARLY = [
  ['an expectation', 417, head('POST /a HTTP/1.1', [...IN_CHUNKS, 'Expect: miracles'])],
  ['TRACE', 405, head('TRACE /a HTTP/1.1', IN_CHUNKS)],
  ['a target that is no path', 400, head('POST ftp://h/a HTTP/1.1', IN_CHUNKS)],
  ['a demand that is none', 400, head('POST /a HTTP/1.1', [...IN_CHUNKS, 'Compute: lots'])],
] as const;

export const refusedBeforeTheirBody: Theme = [
  'requests that are refused before their body has come',
  EARLY.flatMap(([what, status, bytes]) => [
    // A second response would be taken for that to the next request.
    refusedEarly(`${what}, then a chunk size that is none`, bytes, 'zz\r\nabc\r\n', { responses: [status] }),
    refusedEarly(`${what}, then a chunk and a size that is none`, bytes, '3\r\nabc\r\nzz\r\n', { responses: [status] }),
    refusedEarly(`${what}, then a trailer that is none`, bytes, '0\r\nforged\r\n\r\n', { responses: [status] }),
  ]),
];
