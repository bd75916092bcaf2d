// Requests written by hand: what is usual, what is allowed but rare, and what is used for smuggling.
import { chunked, head, oneByOne, request, unfinished, type RequestCase } from './corpus.js';
import { bodies, chunks, expectations, inChunks, upload } from './corpus-uploads.js';

const GET = request('GET', '/');
const CHUNKED = 'Transfer-Encoding: chunked';

/** A GET with these lines besides Host. */
const withLines = (name: string, ...lines: readonly string[]): RequestCase =>
  oneByOne(name, request('GET', '/with', lines));
/** A GET with this request line. */
const line = (name: string, startLine: string): RequestCase => oneByOne(name, head(startLine, ['Host: example.org']));

const METHODS = [
  ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY', 'PURGE', 'M-SEARCH'],
  ['LINK', 'SOURCE', 'FOO', 'get', 'Get', 'GETT', 'GE', 'PRI', 'A_B', '!'],
].flat();
const TARGETS = [
  [
    '/',
    '/a/b?c=d&e',
    '/?',
    '//double',
    '//a:b/x',
    '//&:!!$/x',
    '/../up',
    '/%00%2f',
    '/a;b=c',
    '/a#fragment',
    '/"quoted"',
    '/{}|\\^`',
  ],
  ['/\xe4\xf6', '/a\tb', '/a\x01b', '/a\x7fb', '*', 'relative', '?only', '', 'example.org:80', 'mailto:a@b'],
  ['http://other.example/path?q', 'HTTP://Other.Example:8080', 'http://', 'https://other.example/s', 'http:///x'],
  ['http://user:secret@other.example/', 'ftp://other.example/', '/with space'],
  ['http://h', 'http://h?q', 'http://h/a/../b?c', 'http://h/%7e"|', 'http://H:80/', 'http://a,b/', 'http://h:99999/'],
  ['http://[::1]/', 'http://[::1/', 'http:/h', 'http://h\\x', '/\\x', '//h/x'],
].flat();

const targetsAndMethods: readonly RequestCase[] = [
  ...METHODS.map((method) => line(`method ${method}`, `${method} /m HTTP/1.1`)),
  ...METHODS.map((method) =>
    oneByOne(`method ${method} with a body`, request(method, '/m', ['Content-Length: 3'], 'abc')),
  ),
  ...METHODS.slice(0, 8).map((method) =>
    oneByOne(`method ${method} in chunks`, request(method, '/m', [CHUNKED], chunked(['abc', 'de']))),
  ),
  ...METHODS.slice(0, 8).map((method) =>
    oneByOne(`method ${method} of length 0`, request(method, '/m', ['Content-Length: 0'])),
  ),
  ...TARGETS.map((target) => line(`target ${JSON.stringify(target)}`, `GET ${target} HTTP/1.1`)),
  line('the server as a whole', 'OPTIONS * HTTP/1.1'),
  ...['http://h', 'http://h/', 'http://h?q', '/o'].map((target) =>
    line(`OPTIONS ${target}`, `OPTIONS ${target} HTTP/1.1`),
  ),
  ...['0', '1', '007', '99999999999999999999', '', '-1', 'x', '1, 2'].flatMap((forwards) =>
    ['OPTIONS', 'GET'].map((method) =>
      oneByOne(`${method} with Max-Forwards ${forwards}`, request(method, '/o', [`Max-Forwards: ${forwards}`])),
    ),
  ),
  oneByOne('a long target', request('GET', `/${'x'.repeat(4000)}`)),
  oneByOne('a tunnel', head('CONNECT example.org:443 HTTP/1.1', ['Host: example.org:443'])),
];

const versionsAndLines: readonly RequestCase[] = [
  ...[
    ['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/0.9', 'http/1.1', 'HTTP/1.1 ', 'HTTP/11', 'HTTP/1.', 'HTTX/1.1'],
    ['HTTP/3.0', 'HTTP/9.9', 'RTSP/1.0', 'HTTP/1.10'],
  ]
    .flat()
    .map((version) => line(`version ${version}`, `GET / ${version}`)),
  oneByOne('no version', 'GET /\r\n\r\n'),
  oneByOne('1.0 without a host', 'GET /ten HTTP/1.0\r\n\r\n'),
  oneByOne('1.0 kept alive', head('GET /ten HTTP/1.0', ['Host: h', 'Connection: keep-alive'])),
  oneByOne('1.0 with a body', `${head('POST /ten HTTP/1.0', ['Host: h', 'Content-Length: 2'])}ab`),
  oneByOne('1.0 in chunks', head('POST /ten HTTP/1.0', ['Host: h', CHUNKED]) + chunked(['ab'])),
  oneByOne('1.1 without a host', 'GET / HTTP/1.1\r\n\r\n'),
  oneByOne('two spaces', 'GET  / HTTP/1.1\r\nHost: h\r\n\r\n'),
  oneByOne('tabs', 'GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n'),
  oneByOne('a space before it', ` ${GET}`),
  oneByOne('an empty line before it', `\r\n${GET}`),
  oneByOne('many empty lines before it', `\r\n\r\n\r\n\r\n${GET}`),
  oneByOne('bare line feeds', 'GET / HTTP/1.1\nHost: h\n\n'),
  oneByOne('a bare line feed in the head', 'GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n'),
  oneByOne('a bare carriage return', 'GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n'),
  oneByOne('HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  oneByOne('TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'),
  oneByOne('noise', '\x00\xff\xfe\r\n\r\n'),
  unfinished('a head that ends nowhere', 'GET / HTTP/1.1\r\nHost: h\r\nX: '),
  unfinished('a request line that ends nowhere', 'GET /abc'),
];

const HOSTS = [
  ['a,b', 'a@b', '', '[]', 'a%20b', 'h:99999', 'a/b', '<x>', 'a b', 'a;b', '\xe4', 'a%zz', 'h:', ':80', 'h:65535'],
  ['a_b', 'a~b', '[::1', '[::1]x', '[:]', '[::ffff:1.2.3.4]', '[v1.a]', '[::1%25lo]', 'h:000080'],
].flat();

const fields: readonly RequestCase[] = [
  oneByOne('an empty host', head('GET / HTTP/1.1', ['Host:'])),
  oneByOne('two hosts', head('GET / HTTP/1.1', ['Host: a', 'Host: b'])),
  oneByOne('the same host twice', head('GET / HTTP/1.1', ['Host: a', 'host: a'])),
  oneByOne('a host that is none', head('GET / HTTP/1.1', ['Host: a b/"c"'])),
  ...HOSTS.map((host) => oneByOne(`host ${JSON.stringify(host)}`, head('GET / HTTP/1.1', [`Host: ${host}`]))),
  ...HOSTS.slice(0, 6).map((host) =>
    oneByOne(`host ${host}, upgrade`, head('GET / HTTP/1.1', [`Host: ${host}`, 'Connection: Upgrade', 'Upgrade: x'])),
  ),
  oneByOne('a host with a port', head('GET / HTTP/1.1', ['hOST: example.org:8080'])),
  oneByOne('an IPv6 host', head('GET / HTTP/1.1', ['Host: [::1]:80'])),
  withLines('spellings', 'x-lower: 1', 'X-UPPER: 2', 'x-MiXed: 3', "!#$%&'*+-.^_`|~0: 4"),
  withLines('repeated', 'X-A: 1', 'X-B: 2', 'x-a: 3', 'X-A:'),
  withLines(
    'repeated, of the kind that Node drops',
    'User-Agent: a',
    'User-Agent: b',
    'Content-Type: c',
    'content-type: d',
  ),
  withLines('cookies', 'Cookie: a=1', 'Cookie: b=2'),
  withLines('white space around values', 'X-A:1', 'X-B: \t 2 \t', 'X-C:', 'X-D:   '),
  withLines('white space in a value', 'X-A: a  b\tc'),
  withLines('bytes from 0x80', 'X-A: \x80\xe4\xff'),
  withLines('names that objects are born with', '__proto__: 1', 'constructor: 2', 'hasOwnProperty: 3'),
  withLines('a control character', 'X-A: a\x01b'),
  withLines('a NUL', 'X-A: a\x00b'),
  withLines('a DEL', 'X-A: a\x7fb'),
  withLines('a vertical tab', 'X-A:\x0bb'),
  withLines('a space before the colon', 'X-A : 1'),
  withLines('a space in the name', 'X A: 1'),
  withLines('no colon', 'X-A'),
  withLines('no name', ': 1'),
  withLines('a byte from 0x80 in a name', 'X-\xe4: 1'),
  withLines('a folded line', 'X-A: 1', ' folded'),
  withLines('a fold of nothing', 'X-A: 1', ' '),
  oneByOne('a fold before the first field', head('GET / HTTP/1.1', [' X: 1', 'Host: h'])),
  withLines('many fields', ...Array.from({ length: 150 }, (_, i) => `X-${i}: ${i}`)),
  withLines('a large value', `X-A: ${'x'.repeat(8000)}`),
  withLines('a head beyond the limit', `X-A: ${'x'.repeat(20_000)}`),
  withLines(
    'conditional',
    'If-None-Match: "a"',
    'Range: bytes=0-1',
    'Accept-Encoding: gzip',
    'Authorization: Basic eA==',
  ),
];

const connection: readonly RequestCase[] = [
  ...[
    'close',
    'CLOSE',
    'keep-alive',
    'Keep-Alive',
    'close, x',
    'keep-alive, close',
    '',
    ',',
    'X-Private',
    'host',
    'upgrade',
  ].map((value) => withLines(`Connection: ${value}`, `Connection: ${value}`, 'X-Private: 1', 'Keep-Alive: timeout=5')),
  withLines('two Connection fields', 'Connection: X-Private', 'Connection: keep-alive', 'X-Private: 1'),
  withLines('names of forwarding in Connection', 'Connection: X-Forwarded-For, Via, Compute, Cookie', 'Cookie: a=1'),
  oneByOne('close, then another', request('GET', '/1', ['Connection: close']), request('GET', '/2')),
  upload('the length named in Connection', 'Connection: close, Content-Length', 'Content-Length: 5'),
  chunks('the coding named in Connection', chunked(['abc']), 'Connection: Transfer-Encoding'),
  withLines(
    'hop-by-hop',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: x',
    'Proxy-Authenticate: y',
    'TE: gzip',
  ),
  ...['trailers', 'Trailers', 'trailers, gzip', 'gzip;q=0.5, trailers', 'trailersx', ''].map((te) =>
    withLines(`TE: ${te}`, `TE: ${te}`, 'Connection: TE'),
  ),
  withLines('an upgrade', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: eA=='),
  withLines('an upgrade without Connection', 'Upgrade: websocket'),
  {
    ...withLines(
      'an upgrade to h2c',
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQ',
    ),
    notAtOnce: 'what stands in one packet with a declined upgrade is lost in Node',
  },
  ...['h2c, x', '"h2c"', 'x y', 'x,', 'x/1, y'].map((protocol) =>
    withLines(`an upgrade to ${protocol}`, 'Connection: Upgrade', `Upgrade: ${protocol}`),
  ),
  withLines('an upgrade that accepts trailers', 'Connection: Upgrade, TE', 'Upgrade: x', 'TE: trailers'),
  withLines('a trailer announced without a body', 'Trailer: X-Sum'),
];

const forwarding: readonly RequestCase[] = [
  withLines(
    'X-Forwarded-*',
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: front',
    'X-Forwarded-Port: 1',
  ),
  withLines('X-Forwarded-For twice', 'X-Forwarded-For: 6.6.6.6', 'x-forwarded-for: 7.7.7.7'),
  withLines('empty X-Forwarded-*', 'X-Forwarded-For:', 'X-Forwarded-Proto:', 'X-Forwarded-Host:'),
  withLines('Forwarded', 'Forwarded: for=6.6.6.6;proto=https', 'Forwarded: for="[::1]"'),
  withLines('Via', 'Via: 1.0 first', 'via: 1.1 second (comment)'),
  withLines('its own Via', 'Via: 1.1 {pseudonym}'),
  withLines('another of its kind', 'Via: 1.1 fairlead-00000000'),
  withLines('demand', 'Compute: 3', 'Storage: 1.5'),
  withLines('one of the two', 'compute: 3'),
  withLines('demand of each resource', 'Fairlead-Demand: compute=2, storage=4'),
  withLines('demand that makes no sense', 'Compute: lots'),
  withLines('negative demand', 'Compute: -1'),
  withLines('demand twice', 'Compute: 1', 'Compute: 2'),
  withLines('demand of an unknown resource', 'Fairlead-Demand: gpu=1'),
  withLines('where it goes', 'Fairlead-Explain: 1'),
  withLines('where it goes, otherwise', 'Fairlead-Explain: yes'),
  withLines('a placement of its own', 'Fairlead-Placement: "x"'),
];

const sequences: readonly RequestCase[] = [
  oneByOne('two', request('GET', '/1'), request('GET', '/2')),
  oneByOne('three', request('GET', '/1'), request('HEAD', '/2'), request('GET', '/3')),
  oneByOne('a GET behind a POST', request('POST', '/1', ['Content-Length: 3'], 'abc'), request('GET', '/2')),
  oneByOne('a GET behind chunks', request('POST', '/1', [CHUNKED], chunked(['abc'])), request('GET', '/2')),
  oneByOne('chunks after a GET', request('GET', '/1'), request('POST', '/2', [CHUNKED], chunked(['abc'], ['X-T: 1']))),
  oneByOne('a malformed one after a good one', request('GET', '/1'), 'NONSENSE\r\n\r\n'),
  oneByOne('a malformed one after a POST', request('POST', '/1', ['Content-Length: 3'], 'abc'), 'GET / HTTP/9\r\n\r\n'),
  oneByOne('good, refused, good', request('GET', '/1'), request('TRACE', '/2'), request('GET', '/3')),
  oneByOne(
    'good, odd, good',
    request('GET', '/1'),
    head('GET http://o.example/2 HTTP/1.1', ['Host: h']),
    request('GET', '/3'),
  ),
  oneByOne('good, oversized', request('GET', '/1'), request('GET', '/2', [`X: ${'x'.repeat(20_000)}`])),
  oneByOne('1.0 behind 1.1', request('GET', '/1'), 'GET /2 HTTP/1.0\r\n\r\n'),
  oneByOne('empty lines between', request('GET', '/1'), `\r\n\r\n${request('GET', '/2')}`),
  {
    ...oneByOne(
      'an upgrade after a GET',
      request('GET', '/1'),
      request('GET', '/2', ['Connection: Upgrade', 'Upgrade: x']),
    ),
    notAtOnce: 'the end of the response before it is unknown, so the connection is closed',
  },
];

/** All cases by topic. */
export const requestCorpus: Readonly<Record<string, readonly RequestCase[]>> = {
  'methods and targets': targetsAndMethods,
  'versions and lines': versionsAndLines,
  fields,
  connection,
  forwarding,
  bodies,
  'bodies in chunks': inChunks,
  expectations,
  sequences,
};

/** Small cases, to be split at every byte. */
export const smallRequests: readonly (readonly [name: string, bytes: string])[] = [
  ['a GET', request('GET', '/s?q=1', ['X-A: b', 'Accept: */*'])],
  ['a POST', request('POST', '/s', ['Content-Length: 5'], 'hello')],
  ['chunks', request('POST', '/s', [CHUNKED], chunked(['hel', 'lo'], ['X-T: 1']))],
  ['two', request('GET', '/s') + request('HEAD', '/s')],
  ['a GET behind a POST', request('POST', '/s', ['Content-Length: 2'], 'ab') + request('GET', '/s')],
  ['absolute-form', head('GET http://o.example/s HTTP/1.1', ['Host: h'])],
  ['a bad field', head('GET /s HTTP/1.1', ['Host: h', 'X Y: 1'])],
  ['two lengths', head('POST /s HTTP/1.1', ['Host: h', 'Content-Length: 1', 'Content-Length: 2'])],
  ['empty lines', `\r\n\r\n${GET}`],
];
