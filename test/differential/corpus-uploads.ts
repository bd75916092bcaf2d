// Requests with bodies, written by hand: by length, in chunks, and on condition.
import { answered, chunked, head, oneByOne, request, unfinished, type RequestCase } from './corpus.js';

const GET = request('GET', '/');
const CHUNKED = 'Transfer-Encoding: chunked';

/** A POST of five bytes whose head has these lines. */
export const upload = (name: string, ...lines: readonly string[]): RequestCase =>
  oneByOne(name, request('POST', '/upload', lines, 'hello'));
/** A POST whose body, in chunks, is given byte by byte. */
export const chunks = (name: string, body: string, ...lines: readonly string[]): RequestCase =>
  oneByOne(name, request('POST', '/chunks', [CHUNKED, ...lines], body));

const LENGTHS = [
  '+5',
  '-5',
  '5,5',
  '5, 5',
  '5, 6',
  '0x5',
  '5.0',
  '5e0',
  '05',
  '5'.padStart(15, '0'),
  '5'.padStart(16, '0'),
  '5 5',
  '',
  ' ',
  'x',
  '5x',
  '9'.repeat(25),
  '\x0b5',
];
const CODINGS = [
  ['Chunked', 'CHUNKED', 'xchunked', 'chunkedx', '"chunked"', 'gzip, chunked', 'chunked, gzip', 'identity', 'gzip', ''],
  ['chunked, chunked', 'chunked,', ',chunked', '\x0bchunked', 'chunked;q=1', ' chunked\t'],
].flat();

export const bodies: readonly RequestCase[] = [
  upload('a length', 'Content-Length: 5'),
  upload('a length with a type', 'Content-Type: text/plain', 'content-length: 5', 'Content-Encoding: identity'),
  upload('the same length twice', 'Content-Length: 5', 'Content-Length: 5'),
  upload('two lengths', 'Content-Length: 5', 'Content-Length: 6'),
  ...LENGTHS.map((length) => upload(`length ${JSON.stringify(length)}`, `Content-Length: ${length}`)),
  upload('a space before the colon of the length', 'Content-Length : 5'),
  upload('a length in a fold', 'Content-Length:', ' 5'),
  oneByOne('more than the length', request('POST', '/a', ['Content-Length: 3'], 'abc'), 'de\r\n\r\n'),
  oneByOne('a request in a body', request('POST', '/outer', [`Content-Length: ${GET.length}`], GET)),
  oneByOne('no length, and yet bytes', request('POST', '/a'), 'x=1\r\n\r\n'),
  unfinished('less than the length', request('POST', '/a', ['Content-Length: 100'], 'abc')),
  oneByOne('all bytes there are', request('PUT', '/b', ['Content-Length: 256'], allBytes())),
  oneByOne('100 KiB', request('PUT', '/large', ['Content-Length: 102400'], 'y'.repeat(102_400))),
  {
    name: 'a body in many writes',
    sendings: [
      { bytes: request('POST', '/slow', ['Content-Length: 6']), awaits: 'nothing' },
      ...'abcde'.split('').map((bytes) => ({ bytes, awaits: 'nothing' as const })),
      answered('f'),
    ],
  },
  ...CODINGS.map((coding) =>
    oneByOne(
      `coding ${JSON.stringify(coding)}`,
      request('POST', '/c', [`Transfer-Encoding: ${coding}`], chunked(['abc'])),
    ),
  ),
  oneByOne('a length and a coding', request('POST', '/c', ['Content-Length: 5', CHUNKED], '0\r\n\r\n'), GET),
  oneByOne('a coding and a length', request('POST', '/c', [CHUNKED, 'Content-Length: 5'], '0\r\n\r\n'), GET),
  oneByOne('a coding twice', request('POST', '/c', [CHUNKED, CHUNKED], chunked(['abc']))),
  oneByOne('two codings', request('POST', '/c', [CHUNKED, 'Transfer-Encoding: identity'], chunked(['abc']))),
  oneByOne(
    'a space before the colon of the coding',
    request('POST', '/c', ['Transfer-Encoding : chunked'], '0\r\n\r\n'),
  ),
  oneByOne('a coding in a fold', request('POST', '/c', ['Transfer-Encoding:', ' chunked'], '0\r\n\r\n')),
  oneByOne('a coding after a bare line feed', request('POST', '/c', ['X: y\nTransfer-Encoding: chunked'], '0\r\n\r\n')),
];

/** What may come after the size of a chunk, and what may not: quotes, and blanks in each place. */
export const EXTENSIONS = [
  [';a="b c"', ';a="\\""', ';a="\\\xe4"', ';a=""', ' ;a', '; a', ';a =b', ';a= b', ';a ', '\t;\ta\t=\tb', ' ', '\t'],
  [';', ';a;', ';a=', ';=b', ';a="b', ';a="b"c', ';a=b c', ';"a"'],
].flat();

export const inChunks: readonly RequestCase[] = [
  chunks('no chunk', chunked([])),
  chunks('several chunks', chunked(['a', 'bc', 'd'.repeat(300)])),
  chunks('sizes in other spellings', '00A\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n'),
  chunks('extensions', '3;a=b;c="d e"\r\nabc\r\n0;last\r\n\r\n'),
  ...EXTENSIONS.map((text) => chunks(`extension ${JSON.stringify(text)}`, `3${text}\r\nabc\r\n0${text}\r\n\r\n`)),
  ...['3'.padStart(16, '0'), '3'.padStart(17, '0'), '0000000100000000'].map((size) =>
    chunks(`chunk size ${size}`, `${size}\r\nabc\r\n0\r\n\r\n`),
  ),
  chunks('an extension with a line feed', '3;a\nb\r\nabc\r\n0\r\n\r\n'),
  chunks('a long extension', `3;${'x'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`),
  chunks('trailers', chunked(['abc'], ['X-Sum: 1', 'x-sum: 2']), 'Trailer: X-Sum'),
  chunks('trailers that were not announced', chunked(['abc'], ['X-Sum: 1'])),
  chunks(
    'trailers that may not be',
    chunked(['abc'], ['Host: evil', 'Content-Length: 1', 'Via: x', 'X-Ok: 1']),
    'Trailer: Host',
  ),
  chunks('a bad trailer', '3\r\nabc\r\n0\r\nno colon\r\n\r\n'),
  ...['zz', '-1', '+3', '0x3', ' 3', '3 ', '3\t', '', 'fffffffffffffffff', '3 ;a'].map((size) =>
    chunks(`chunk size ${JSON.stringify(size)}`, `${size}\r\nabc\r\n0\r\n\r\n`),
  ),
  chunks('a chunk that is too long', '3\r\nabcd\r\n0\r\n\r\n'),
  chunks('bare line feeds', '3\nabc\n0\n\n'),
  chunks('a bare line feed after the data', '3\r\nabc\n0\r\n\r\n'),
  unfinished('a chunk that is cut', request('POST', '/c', [CHUNKED], '7f\r\nabc')),
  oneByOne('more after the last chunk', request('POST', '/c', [CHUNKED], chunked(['abc'])), GET),
];

export const expectations: readonly RequestCase[] = [
  {
    name: 'Expect, waiting',
    sendings: [
      { bytes: request('POST', '/expect', ['Content-Length: 5', 'Expect: 100-continue']), awaits: 'continue' },
      answered('hello'),
    ],
  },
  {
    name: 'Expect in chunks, waiting',
    sendings: [
      { bytes: request('PUT', '/expect', [CHUNKED, 'expect: 100-Continue']), awaits: 'continue' },
      answered(chunked(['hello'])),
    ],
  },
  upload('Expect, not waiting', 'Content-Length: 5', 'Expect: 100-continue'),
  oneByOne('Expect without a body', request('GET', '/with', ['Expect: 100-continue'])),
  oneByOne('Expect without a body, to DELETE', request('DELETE', '/with', ['Expect: 100-continue'])),
  upload('Expect of something else', 'Content-Length: 5', 'Expect: miracles'),
  oneByOne('another Expect in 1.0', `${head('POST / HTTP/1.0', ['Host: h', 'Content-Length: 2', 'Expect: x'])}ab`),
  oneByOne('Expect in 1.0', `${head('POST / HTTP/1.0', ['Host: h', 'Content-Length: 2', 'Expect: 100-continue'])}ab`),
];

function allBytes(): string {
  return String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
}
