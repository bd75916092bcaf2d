// Responses of backends written by hand: usual ones, allowed but rare ones, and ones that must not reach a client.
import { chunked, head, type Ending, type ResponseCase } from './corpus.js';
import { EXTENSIONS } from './corpus-uploads.js';

const CHUNKED = 'Transfer-Encoding: chunked';

const ok = (lines: readonly string[], body = '', startLine = 'HTTP/1.1 200 OK') => head(startLine, lines) + body;
const answer = (name: string, bytes: string, ending: Ending = 'keep'): ResponseCase => ({
  name,
  parts: [bytes],
  ending,
});
/** A valid response with these fields in addition to its length. */
const withLines = (name: string, ...lines: readonly string[]): ResponseCase =>
  answer(name, ok([...lines, 'Content-Length: 4'], 'body'));
/** A response of four bytes framed by these lines. */
const framed = (name: string, ...lines: readonly string[]): ResponseCase => answer(name, ok(lines, 'body'));
/** A response whose chunked body is given byte by byte. */
const chunks = (name: string, body: string, ...lines: readonly string[]): ResponseCase =>
  answer(name, ok([CHUNKED, ...lines], body));
const status = (line: string, lines: readonly string[] = ['Content-Length: 0'], body = ''): ResponseCase =>
  answer(`status line ${JSON.stringify(line)}`, ok(lines, body, line));

/** How a response requires another protocol. */
const REQUIRED = [
  ['Upgrade: websocket', 'Connection: Upgrade'],
  ['Upgrade: a/1', 'upgrade: b', 'Connection: close, upgrade'],
  ['Upgrade: h2c'],
];

const framing: readonly ResponseCase[] = [
  framed('a length', 'Content-Length: 4'),
  answer('an empty body', ok(['Content-Length: 0'])),
  answer('a large body', ok(['Content-Length: 200000'], 'x'.repeat(200_000))),
  answer('a length, then the end', ok(['Content-Length: 4'], 'body'), 'close'),
  answer('until the end', ok([], 'body'), 'close'),
  answer('nothing until the end', ok([]), 'close'),
  answer('until the end, and says so', ok(['Connection: close'], 'body'), 'close'),
  answer('until the end, large', ok([], 'x'.repeat(200_000)), 'close'),
  chunks('one chunk', chunked(['body'])),
  chunks('no chunk', chunked([])),
  chunks('many chunks', chunked(Array.from({ length: 50 }, (_, i) => 'x'.repeat(i + 1)))),
  chunks('a large chunk', chunked(['x'.repeat(100_000), 'y'.repeat(70_000)])),
  chunks('sizes in other spellings', '00A\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n'),
  ...EXTENSIONS.map((text) => chunks(`extension ${JSON.stringify(text)}`, `4${text}\r\nbody\r\n0\r\n\r\n`)),
  ...[16, 17].map((digits) =>
    chunks(`a size of ${digits} digits`, `${'4'.padStart(digits, '0')}\r\nbody\r\n${'0'.repeat(digits)}\r\n\r\n`),
  ),
  chunks('extensions', '4;a=b;c="d e"\r\nbody\r\n0;last\r\n\r\n'),
  chunks('trailers', chunked(['body'], ['X-Sum: 1', 'X-Sum: 2']), 'Trailer: X-Sum'),
  chunks('trailers that were not announced', chunked(['body'], ['X-Sum: 1'])),
  chunks(
    'trailers that may not be',
    chunked(['body'], ['Content-Length: 1', 'endpoint-load-metrics: x', 'X-Ok: 1']),
    'Trailer: X-Ok',
  ),
  chunks('chunks, then the end', chunked(['body']), 'Connection: close'),
  answer('coding in capitals', ok(['TRANSFER-ENCODING: CHUNKED'], chunked(['body']))),
  answer('1.0 with a length', ok(['Content-Length: 4'], 'body', 'HTTP/1.0 200 OK'), 'close'),
  answer('1.0 kept alive', ok(['Content-Length: 4', 'Connection: keep-alive'], 'body', 'HTTP/1.0 200 OK')),
  answer('1.0 until the end', ok([], 'body', 'HTTP/1.0 200 OK'), 'close'),
  answer('1.0 in chunks', ok([CHUNKED], chunked(['body']), 'HTTP/1.0 200 OK'), 'close'),
  answer('a trailer announced beside a length', ok(['Trailer: X', 'Content-Length: 4'], 'body')),
  answer('204', ok([], '', 'HTTP/1.1 204 No Content')),
  answer('204 with a length', ok(['Content-Length: 0'], '', 'HTTP/1.1 204 No Content')),
  answer('204 with a length of more', ok(['Content-Length: 4'], '', 'HTTP/1.1 204 No Content')),
  ...REQUIRED.map((lines) =>
    answer(
      `426 with ${lines.join(', ')}`,
      ok([...lines, 'Content-Length: 4'], 'body', 'HTTP/1.1 426 Upgrade Required'),
    ),
  ),
  answer('426 without a protocol', ok(['Content-Length: 0'], '', 'HTTP/1.1 426 Upgrade Required')),
  answer('426 until the end', ok(['Upgrade: a'], 'body', 'HTTP/1.1 426 Upgrade Required'), 'close'),
  answer('204 with a coding', ok([CHUNKED], '', 'HTTP/1.1 204 No Content')),
  answer('304', ok(['ETag: "x"'], '', 'HTTP/1.1 304 Not Modified')),
  answer('304 with a length', ok(['ETag: "x"', 'Content-Length: 1234'], '', 'HTTP/1.1 304 Not Modified')),
  answer('205', ok(['Content-Length: 0'], '', 'HTTP/1.1 205 Reset Content')),
  answer('206', ok(['Content-Length: 2', 'Content-Range: bytes 0-1/4'], 'bo', 'HTTP/1.1 206 Partial Content')),
];

const lines: readonly ResponseCase[] = [
  ...[
    '200',
    '201 Created',
    '299 Odd',
    '301 Moved',
    '404 Not Found',
    '418 Teapot',
    '500 Error',
    '502 Bad',
    '503 No',
    '599 X',
  ].map((text) => status(`HTTP/1.1 ${text}`)),
  ...['600 X', '999 X', '000 X', '099 X', '20 X', '2000 X', 'abc X', '200OK', ' 200 OK'].map((text) =>
    status(`HTTP/1.1 ${text}`),
  ),
  answer('600 with half a body', ok(['Content-Length: 9'], 'body', 'HTTP/1.1 600 X')),
  status('HTTP/1.1 200 '),
  status('HTTP/1.1 200 \xe4 phrase\twith bytes'),
  status('HTTP/1.1 200 O\x01K'),
  status('HTTP/1.1  200 OK'),
  status('http/1.1 200 OK'),
  status('HTTP/2.0 200 OK'),
  status('HTTP/1.2 200 OK'),
  status('ICY 200 OK'),
  answer('an empty line before it', `\r\n${ok(['Content-Length: 4'], 'body')}`),
  answer('bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 4\n\nbody', 'close'),
  answer('junk', 'no http at all\r\n\r\n'),
  answer('noise', '\x00\xff\xfe\r\n\r\n', 'close'),
];

const fields: readonly ResponseCase[] = [
  withLines('spellings', 'x-lower: 1', 'X-UPPER: 2', "!#$%&'*+-.^_`|~0: 4"),
  withLines('cookies', 'Set-Cookie: a=1; Path=/', 'X-A: 1', 'set-cookie: b=2'),
  withLines('repeated', 'X-A: 1', 'X-B: 2', 'x-a: 3', 'X-A:'),
  withLines(
    'what a server says',
    'Date: Tue, 01 Jan 2019 00:00:00 GMT',
    'Server: x/1',
    'ETag: W/"a"',
    'Vary: *',
    'Content-Type: text/html',
  ),
  withLines('dates twice', 'Date: Tue, 01 Jan 2019 00:00:00 GMT', 'Date: Wed, 02 Jan 2019 00:00:00 GMT'),
  withLines('white space', 'X-A:1', 'X-B: \t2 \t', 'X-C:', 'X-D: a  b\tc'),
  withLines('bytes from 0x80', 'X-A: \x80\xe4\xff'),
  withLines('names that objects are born with', '__proto__: 1', 'constructor: 2'),
  withLines('a control character', 'X-A: a\x01b'),
  withLines('a NUL', 'X-A: a\x00b'),
  withLines('a DEL', 'X-A: a\x7fb'),
  withLines('a space before the colon', 'X-A : 1'),
  withLines('a space in the name', 'X A: 1'),
  withLines('no colon', 'X-A'),
  withLines('no name', ': 1'),
  withLines('a folded line', 'X-A: 1', ' folded'),
  withLines('a bare line feed', 'X-A: 1\nX-B: 2'),
  withLines('a bare carriage return', 'X-A: 1\rX-B: 2'),
  withLines('many fields', ...Array.from({ length: 150 }, (_, i) => `X-${i}: ${i}`)),
  withLines('a large value', `X-A: ${'x'.repeat(8000)}`),
  withLines('a head of 15 KiB', `X-A: ${'x'.repeat(15_000)}`),
  withLines('a head of 20 KiB', `X-A: ${'x'.repeat(20_000)}`),
  withLines('a head of 100 KiB', ...Array.from({ length: 20 }, (_, i) => `X-${i}: ${'x'.repeat(5000)}`)),
  withLines('a cost report', 'endpoint-load-metrics: TEXT compute=1', 'Endpoint-Load-Metrics-Bin: AAAA'),
  withLines('a cost report that makes no sense', 'endpoint-load-metrics: JSON {'),
  withLines('a placement', 'Fairlead-Placement: "forged"'),
  withLines('Via', 'Via: 1.1 behind', 'via: 1.0 further'),
  withLines('kept alive', 'Connection: keep-alive', 'Keep-Alive: timeout=99, max=7'),
  withLines('hop-by-hop', 'Proxy-Authenticate: x', 'Proxy-Connection: close', 'TE: x', 'Upgrade: h2c'),
  withLines('named in Connection', 'Connection: X-Private, keep-alive', 'X-Private: 1', 'X-Public: 2'),
  withLines('what frames it named in Connection', 'Connection: Content-Length, Content-Type', 'Content-Type: a/b'),
  withLines('close, and yet kept', 'Connection: close'),
  withLines('empty Connection', 'Connection:', 'connection: ,'),
];

const BAD_LENGTHS = [
  ['+4', '-4', '4,4', '4, 4', '4, 5', '0x4', '4.0', '04', '', 'x', '4x', '9'.repeat(25)],
  ['4'.padStart(15, '0'), '4'.padStart(16, '0')],
].flat();
const CODINGS = [
  'gzip',
  'gzip, chunked',
  'chunked, gzip',
  'identity',
  'xchunked',
  'chunked;q=1',
  '',
  'chunked, chunked',
];

const badFraming: readonly ResponseCase[] = [
  framed('the same length twice', 'Content-Length: 4', 'Content-Length: 4'),
  framed('two lengths', 'Content-Length: 4', 'Content-Length: 5'),
  ...BAD_LENGTHS.map((length) =>
    answer(`length ${JSON.stringify(length)}`, ok([`Content-Length: ${length}`], 'body'), 'close'),
  ),
  answer('a length and a coding', ok(['Content-Length: 4', CHUNKED], chunked(['body']))),
  answer('a coding and a length', ok([CHUNKED, 'Content-Length: 4'], chunked(['body']))),
  ...CODINGS.map((coding) =>
    answer(`coding ${JSON.stringify(coding)}`, ok([`Transfer-Encoding: ${coding}`], chunked(['body'])), 'close'),
  ),
  answer('a coding twice', ok([CHUNKED, CHUNKED], chunked(['body']))),
  answer('a coding in a fold', ok(['Transfer-Encoding:', ' chunked'], chunked(['body'])), 'close'),
  answer('a space before the colon of the length', ok(['Content-Length : 4'], 'body'), 'close'),
  ...['zz', '-1', '+4', '0x4', '', 'fffffffffffffffff', ' 4', '4 '].map((size) =>
    chunks(`chunk size ${JSON.stringify(size)}`, `${size}\r\nbody\r\n0\r\n\r\n`),
  ),
  chunks('a chunk that is too long', '3\r\nbody\r\n0\r\n\r\n'),
  chunks('chunks with bare line feeds', '4\nbody\n0\n\n'),
  chunks('a bad trailer', '4\r\nbody\r\n0\r\nno colon\r\n\r\n'),
  chunks('a good chunk, then nonsense', '4\r\nbody\r\nnonsense\r\n\r\n'),
];

const behind: readonly ResponseCase[] = [
  answer('bytes after a length', ok(['Content-Length: 4'], 'bodyEXTRA')),
  answer('bytes after no body', ok(['Content-Length: 0'], 'EXTRA')),
  answer('a response after a response', ok(['Content-Length: 4'], `body${ok(['Content-Length: 6'], 'forged')}`)),
  answer('a response after chunks', ok([CHUNKED], chunked(['body']) + ok(['Content-Length: 6'], 'forged'))),
  answer('bytes after 204', ok([], 'EXTRA', 'HTTP/1.1 204 No Content')),
  answer('bytes after 304', ok(['Content-Length: 5'], 'EXTRA', 'HTTP/1.1 304 Not Modified')),
  { name: 'bytes behind, later', parts: [ok(['Content-Length: 4'], 'body'), 'EXTRA'], ending: 'keep' },
];

const interim: readonly ResponseCase[] = [
  answer('100 first', `HTTP/1.1 100 Continue\r\n\r\n${ok(['Content-Length: 4'], 'body')}`),
  answer('102 first', `HTTP/1.1 102 Processing\r\n\r\n${ok(['Content-Length: 4'], 'body')}`),
  answer(
    'hints first',
    head('HTTP/1.1 103 Early Hints', ['Link: </a.css>; rel=preload', 'X-A: 1']) + ok(['Content-Length: 4'], 'body'),
  ),
  answer(
    'two hints first',
    head('HTTP/1.1 103 Early Hints', ['Link: </a>; rel=preload', 'Link: </b>; rel=preload']).repeat(2) +
      ok([CHUNKED], chunked(['body'])),
  ),
  answer('hints without links', head('HTTP/1.1 103 Early Hints', ['X-A: 1']) + ok(['Content-Length: 4'], 'body')),
  answer(
    'hints with a strange link',
    head('HTTP/1.1 103 Early Hints', ['Link: nonsense']) + ok(['Content-Length: 4'], 'body'),
  ),
  answer('an unknown interim response', `HTTP/1.1 199 X\r\n\r\n${ok(['Content-Length: 4'], 'body')}`),
  answer(
    'an interim response with a length',
    `HTTP/1.1 100 Continue\r\nContent-Length: 4\r\n\r\n${ok(['Content-Length: 4'], 'body')}`,
  ),
  answer(
    'an interim response with a coding',
    `HTTP/1.1 103 Hints\r\n${CHUNKED}\r\n\r\n${ok(['Content-Length: 4'], 'body')}`,
  ),
  {
    name: 'hints, then the response',
    parts: [head('HTTP/1.1 103 Early Hints', ['Link: </a>; rel=preload']), ok(['Content-Length: 4'], 'body')],
    ending: 'keep',
  },
  answer(
    'a switch of protocols that was not requested',
    head('HTTP/1.1 101 Switching Protocols', ['Upgrade: x', 'Connection: Upgrade']),
  ),
  answer('101 without a protocol', head('HTTP/1.1 101 Switching Protocols', []), 'close'),
  answer('nothing but an interim response', 'HTTP/1.1 100 Continue\r\n\r\n', 'close'),
];

const WHOLE: readonly (readonly [string, string])[] = [
  ['a length', ok(['Content-Length: 10', 'X-A: 1'], '0123456789')],
  ['chunks', ok([CHUNKED], chunked(['01234', '56789'], ['X-T: 1']))],
];

/** Points at which a response breaks off: within each part of the head, at its end, in the body, at its end. */
function cuts(bytes: string): number[] {
  const behindHead = bytes.indexOf('\r\n\r\n') + 4;
  return [
    0,
    5,
    12,
    17,
    30,
    behindHead - 2,
    behindHead,
    behindHead + 1,
    behindHead + 6,
    bytes.length - 7,
    bytes.length - 1,
  ];
}

const brokenOff: readonly ResponseCase[] = WHOLE.flatMap(([name, bytes]) =>
  [...new Set(cuts(bytes))].flatMap((at) =>
    (['close', 'reset'] as const).map((ending) =>
      answer(`${name}, ${ending} after ${at} bytes`, bytes.slice(0, at), ending),
    ),
  ),
);

/** All cases by topic. */
export const responseCorpus: Readonly<Record<string, readonly ResponseCase[]>> = {
  framing,
  'status lines': lines,
  fields,
  'bad framing': badFraming,
  'bytes behind': behind,
  'interim responses': interim,
  'broken off': brokenOff,
};

/** Small cases, to be split at every byte. */
export const smallResponses: readonly ResponseCase[] = [
  framed('a length', 'Content-Length: 4', 'X-A: b'),
  chunks('chunks', chunked(['bo', 'dy'], ['X-T: 1']), 'Trailer: X-T'),
  answer('until the end', ok(['X-A: b'], 'body'), 'close'),
  answer('204', ok(['X-A: b'], '', 'HTTP/1.1 204 No Content')),
  answer('hints', head('HTTP/1.1 103 Early Hints', ['Link: </a>; rel=preload']) + ok(['Content-Length: 1'], 'x')),
  answer('two lengths', ok(['Content-Length: 4', 'Content-Length: 5'], 'body')),
  chunks('a bad chunk', '4\r\nbody\r\nx\r\n\r\n'),
];
