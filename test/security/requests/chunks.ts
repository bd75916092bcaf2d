// Bodies in chunks: sizes, extensions, ends and trailers (RFC 9112 §7.1).
import { CHUNKED, EVIL, chunked, chunks, forwarded, refused, request, waits, type Theme } from './case.ts';

/** Three bytes in a chunk whose size is spelt so. */
const sized = (size: string) => chunks(`${size}\r\nabc\r\n0\r\n\r\n`);

const NO_SIZES = ['zz', '-3', '+3', '0x3', '3h', ' 3', '3 3', '3_0', '', 'x', '3\x0b', '3\0', '\xb3', '3,3', '3.0'];
const TOO_LARGE = [
  'fffffffffffffffff',
  '10000000000000003',
  '7fffffffffffffff',
  '8000000000000003',
  'ffffffffffffffff',
  '100000003',
];
/** The rest of the connection belongs to the chunk. */
const HUGE = ['7fffffff', 'ffffffff'];

export const chunkSizes: Theme = [
  'chunk sizes',
  [
    forwarded('no chunk', chunks(chunked([])), 'POST /a'),
    forwarded('several chunks', chunks(chunked(['a', 'bc', 'd'])), 'POST /a abcd'),
    forwarded('zeros in front', sized('0003'), 'POST /a abc'),
    forwarded(
      'sizes of 16 digits',
      chunks(`${'3'.padStart(16, '0')}\r\nabc\r\n${'0'.repeat(16)}\r\n\r\n`),
      'POST /a abc',
    ),
    refused('a size of 17 digits', sized('3'.padStart(17, '0'))),
    refused('a last chunk of 17 digits', chunks(`3\r\nabc\r\n${'0'.repeat(17)}\r\n\r\n`)),
    refused('a size of 4 GiB after zeros', sized('0000000100000000')),
    forwarded('a last chunk of several zeros', chunks('3\r\nabc\r\n000\r\n\r\n'), 'POST /a abc'),
    forwarded('capitals', chunks('A\r\n0123456789\r\n0\r\n\r\n'), 'POST /a 0123456789'),
    ...NO_SIZES.map((size) => refused(`size ${JSON.stringify(size)}`, sized(size))),
    ...TOO_LARGE.map((size) => refused(`size ${size}`, sized(size))),
    ...HUGE.map((size) => waits(`size ${size}`, sized(size))),
    refused('a chunk that is longer than its size', chunks('3\r\nabcd\r\n0\r\n\r\n')),
    refused('a chunk that is shorter than its size', chunks('4\r\nabc\r\n0\r\n\r\n')),
    refused('a chunk without a line end', chunks(`3\r\nabc0\r\n\r\n${EVIL}`)),
    refused('bare line feeds', chunks('3\nabc\n0\n\n')),
    refused('a bare line feed after a size', chunks('3\nabc\r\n0\r\n\r\n')),
    refused('a bare carriage return after a size', chunks('3\rabc\r\n0\r\n\r\n')),
    refused('a bare line feed after the data', chunks('3\r\nabc\n0\r\n\r\n')),
    refused('a bare carriage return after the data', chunks('3\r\nabc\r0\r\n\r\n')),
    refused('other bytes for a line end after the data', chunks('3\r\nabcXX0\r\n\r\n')),
    refused('a bare line feed after the last size', chunks('3\r\nabc\r\n0\n\r\n')),
    waits('a chunk that is cut', chunks('7f\r\nabc')),
    waits('no last chunk', chunks('3\r\nabc\r\n')),
    waits('a last chunk without its empty line', chunks('3\r\nabc\r\n0\r\n')),
  ],
];

/** Three bytes in a chunk with this after its size. */
const extended = (text: string) => sized(`3${text}`);
const EXTENSIONS = [';a', ';a=b', ';a="b c"', ';a;b=c', ';a="b\\"c"', ';a="\\\xe4"', ';a=""'];
/** Blanks around the parts (BWS) may be refused; the others are no extensions (RFC 9112 §7.1.1). */
const NO_EXTENSIONS = [
  [' ', '\t', ' ;a', '; a', ';a =b', ';a= b', ';a = "b"', ';a ', '\t;\ta\t=\tb', ';a="b" '],
  [';', ';a;', ';;a', ';a=', ';=b', ';a="b', ';a=b c', ';a="b"c', ';"a"'],
].flat();

export const chunkExtensions: Theme = [
  'chunk extensions',
  [
    forwarded('an extension', chunks('3;a=b\r\nabc\r\n0\r\n\r\n'), 'POST /a abc'),
    forwarded('an extension of the last chunk', chunks('3\r\nabc\r\n0;last\r\n\r\n'), 'POST /a abc'),
    ...EXTENSIONS.map((text) => forwarded(`extension ${JSON.stringify(text)}`, extended(text), 'POST /a abc')),
    ...NO_EXTENSIONS.map((text) => refused(`extension ${JSON.stringify(text)}`, extended(text))),
    refused('an extension with a backslash', chunks('3;\\\r\nabc\r\n0\r\n\r\n')),
    refused('an extension with a bare line feed', chunks(`3;a\nabc\r\n0\r\n\r\n`)),
    refused(
      'an extension that hides a request after a line feed',
      chunks(`3;\n${'x'.repeat(2)}\r\nabc\r\n0\r\n\r\n${EVIL}`),
    ),
    refused('an extension with a bare carriage return', chunks('3;a\rb\r\nabc\r\n0\r\n\r\n')),
    refused('an extension with a NUL', chunks('3;a\0b\r\nabc\r\n0\r\n\r\n')),
    refused('an extension of 20,000 bytes', chunks(`3;${'x'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`)),
    forwarded(
      'extensions of 1,000 chunks',
      chunks(`${`1;${'x'.repeat(20)}\r\na\r\n`.repeat(1000)}0\r\n\r\n`),
      `POST /a ${'a'.repeat(1000)}`,
    ),
    refused('a space before an extension', chunks('3 ;a\r\nabc\r\n0\r\n\r\n')),
  ],
];

export const trailers: Theme = [
  'trailers',
  [
    forwarded('a trailer', chunks(chunked(['abc'], ['X-Sum: 1']), 'Trailer: X-Sum'), 'POST /a abc'),
    refused('trailers that frame', chunks(chunked(['abc'], ['Content-Length: 90', 'Transfer-Encoding: gzip']))),
    forwarded(
      'trailers that route',
      chunks(chunked(['abc'], ['Host: evil', 'X-Forwarded-For: 1.2.3.4'])),
      'POST /a abc',
    ),
    forwarded('a trailer announced without a body', request('GET', '/a', ['Trailer: X-Sum']), 'GET /a'),
    forwarded('a request in a trailer', chunks(chunked(['abc'], ['GET: /evil HTTP/1.1', 'Host: evil'])), 'POST /a abc'),
    forwarded(
      'a request after the trailers',
      chunks(chunked(['abc'], ['X: 1'])) + request('GET', '/b'),
      'POST /a abc',
      'GET /b',
    ),
    refused('a trailer without a colon', chunks(chunked(['abc'], ['no colon']))),
    refused('a request for a trailer', chunks(`3\r\nabc\r\n0\r\n${EVIL}`)),
    refused('a trailer with a space before the colon', chunks(chunked(['abc'], ['X : 1']))),
    refused('a trailer in a fold', chunks(chunked(['abc'], ['X: 1', ' 2']))),
    refused('a trailer with a NUL', chunks(chunked(['abc'], ['X: \0']))),
    refused('a trailer with a bare line feed', chunks(chunked(['abc'], ['X: 1\nY: 2']))),
    refused('a trailer with a bare carriage return', chunks(chunked(['abc'], ['X: 1\rY: 2']))),
    refused('a trailer of 20,000 bytes', chunks(chunked(['abc'], [`X: ${'x'.repeat(20_000)}`])), 431),
    forwarded(
      'two requests in chunks',
      chunks(chunked(['abc'])) + request('POST', '/b', [CHUNKED], chunked(['de'])),
      'POST /a abc',
      'POST /b de',
    ),
  ],
];
