// Where requests end: by the rules of RFC 9112, and compared with Node's parser.
import { array, assert, asyncProperty, constantFrom, oneof, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FUZZ, canonicalRequest, corrupted } from './heads.fixture.js';
import { parseRequests } from './node-parser.fixture.js';
import { RequestFramer } from './request-framer.js';

const LIMITS = { maxHeadBytes: 1000, maxTargetBytes: 500, maxFields: 20 };
const { maxHeadBytes: MAX_HEAD_BYTES } = LIMITS;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']);
const SENTINEL = 'GET /sentinel HTTP/1.1\r\nHost: s\r\n\r\n';

/** A request with these lines after its request line. */
const withLines = (...lines: string[]) => ['POST /a HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n');
const CHUNKED = withLines('Transfer-Encoding: chunked');

/** The requests that a text is split into, in pieces of `size` bytes, what is left of it, and the error that ended it. */
function split(text: string, size = text.length) {
  const framer = new RequestFramer(LIMITS, METHODS);
  const requests = [''];
  for (let at = 0; at < text.length && framer.error === undefined;) {
    if (framer.isComplete) {
      framer.reset();
      requests.push('');
    }
    const piece = Buffer.from(`#${text.slice(at, at + size)}#`, 'latin1');
    const end = framer.scan(piece, 1, piece.length - 1);
    requests.push(requests.pop() + piece.toString('latin1', 1, end));
    at += end - 1;
  }
  const rest = framer.isComplete ? '' : (requests.pop() ?? '');
  return { requests, rest, error: framer.error };
}

describe('a request ends', () => {
  it.each([
    ['without a body', withLines()],
    ['with a body of no bytes', withLines('Content-Length: 0')],
    ['after the bytes of its length', `${withLines('content-LENGTH:\t5 ')}GET /`],
    ['after a length with leading zeros', `${withLines('Content-Length: 005')}GET /`],
    ['after the last chunk', `${CHUNKED}5\r\nGET /\r\n0\r\n\r\n`],
    ['after a chunk with extensions', `${CHUNKED}5;a=b;c="d e"\r\nGET /\r\n0;e\r\n\r\n`],
    ['after its trailers', `${CHUNKED}0\r\nDigest: abc\r\nContent-Lengthy: 9\r\n\r\n`],
    ['by the last of its codings', `${withLines('Transfer-Encoding: gzip', 'Transfer-Encoding: Chunked')}0\r\n\r\n`],
    ['in any method, target and version', 'PROPFIND http://a/ HTTP/1.0\r\nContent-Lengthy: 9\r\n\r\n'],
    ['after empty lines before it', `\r\n\r\n${withLines()}`],
  ])('%s: %j', (_, text) => {
    const expected = { requests: [text, SENTINEL], rest: '', error: undefined };
    for (let size = 1; size <= text.length + SENTINEL.length; size++) {
      expect(split(text + SENTINEL, size)).toEqual(expected);
    }
  });
});

describe('a request is malformed', () => {
  it.each([
    ['a bare LF after the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 'bad-line-end'],
    ['a bare LF after a field', 'GET / HTTP/1.1\r\nHost: a\n\r\n', 'bad-line-end'],
    ['a bare LF at the end', 'GET / HTTP/1.1\r\nHost: a\r\n\n', 'bad-line-end'],
    ['a bare CR', 'GET / HTTP/1.1\r\nHost: a\rb: c\r\n\r\n', 'bad-line-end'],
    ['no version', 'GET /\r\n\r\n', 'bad-request-line'],
    ['another protocol', 'GET / HTTQ/1.1\r\n\r\n', 'bad-request-line'],
    ['a version in lower case', 'GET / http/1.1\r\n\r\n', 'bad-request-line'],
    ['two spaces before the target', 'GET  / HTTP/1.1\r\n\r\n', 'bad-request-line'],
    ['two spaces after the target', 'GET /  HTTP/1.1\r\n\r\n', 'bad-request-line'],
    ['a tab after the method', 'GET\t/ HTTP/1.1\r\n\r\n', 'bad-request-line'],
    ['a blank after the version', 'GET / HTTP/1.1 \r\n\r\n', 'bad-request-line'],
    ['a bare CR before it', `\r${withLines()}`, 'bad-line-end'],
    ['a coding in HTTP/1.0', CHUNKED.replace('HTTP/1.1', 'HTTP/1.0'), 'bad-coding'],
    ['a bare LF before it', `\n${withLines()}`, 'bad-request-line'],
    ['NUL in a value', withLines('a: \0'), 'bad-field-line'],
    ['# in the target', 'GET /a#b HTTP/1.1\r\n\r\n', 'bad-target'],
    ['a byte over 0x7f in the target', 'GET /\xe4 HTTP/1.1\r\n\r\n', 'bad-target'],
    ['NUL in the target', 'GET /\0 HTTP/1.1\r\n\r\n', 'bad-target'],
    ['a blank before a colon', withLines('Content-Length : 5'), 'bad-field-line'],
    ['a folded line', withLines('a: b', ' c'), 'bad-field-line'],
    ['a line without a colon', withLines('a'), 'bad-field-line'],
    ['a line without a name', withLines(': a'), 'bad-field-line'],
    ['two lengths', withLines('Content-Length: 5', 'Content-Length: 5'), 'bad-length'],
    ['a list of lengths', withLines('Content-Length: 5, 5'), 'bad-length'],
    ['a sign in the length', withLines('Content-Length: +5'), 'bad-length'],
    ['an empty length', withLines('Content-Length:'), 'bad-length'],
    ['a length of 16 digits', withLines('Content-Length: 1000000000000000'), 'bad-length'],
    ['a length and a coding', withLines('Content-Length: 5', 'Transfer-Encoding: chunked'), 'bad-coding'],
    ['a coding and a length', withLines('Transfer-Encoding: chunked', 'Content-Length: 5'), 'bad-coding'],
    ['another coding', withLines('Transfer-Encoding: gzip'), 'bad-coding'],
    ['another coding at the end', withLines('Transfer-Encoding: chunked, gzip'), 'bad-coding'],
    ['chunked twice', withLines('Transfer-Encoding: chunked, chunked'), 'bad-coding'],
    ['a coding in quotes', withLines('Transfer-Encoding: "chunked"'), 'bad-coding'],
    ['a vertical tab beside the coding', withLines('Transfer-Encoding: \x0bchunked'), 'bad-coding'],
    ['a coding of 300 bytes', withLines(`Transfer-Encoding: ${'x'.repeat(300)}`), 'bad-coding'],
    ['a bad chunk', `${CHUNKED}5 \r\nhello`, 'bad-chunks'],
    ['a length in its trailers', `${CHUNKED}0\r\nContent-Length: 5\r\n\r\n`, 'bad-trailers'],
    ['a coding in its trailers', `${CHUNKED}0\r\nTransfer-Encoding: gzip\r\n\r\n`, 'bad-trailers'],
    ['a bad trailer', `${CHUNKED}0\r\na\n\r\n`, 'bad-trailers'],
  ] as const)('with %s: %j', (_, text, expected) => {
    const { requests, rest, error } = split(text + SENTINEL);
    expect({ requests, error }).toEqual({ requests: [], error: expected });
    expect(text.startsWith(rest)).toBe(true);
  });
});

it.each([
  ['HTTP/0.9', 'bad-request-line'],
  ['HTTP/1.2', 'bad-request-line'],
  ['HTTP/9.9', 'bad-request-line'],
  ['HTTP/2.0', 'unsupported-version'],
  ['HTTP/3.0', 'unsupported-version'],
])('refuses %s: %s', (version, error) => {
  expect(split(`GET / ${version}\r\n\r\n`)).toMatchObject({ requests: [], error });
});

it.each(['FOO', 'get', 'GETT', 'GE', 'PRI'])('refuses the unknown method %s, once its line is valid', (method) => {
  expect(split(`${method} / HTTP/1.1\r\n\r\n`)).toMatchObject({ requests: [], error: 'unknown-method' });
  expect(split(`${method} / RTSP/1.0\r\n\r\n`)).toMatchObject({ requests: [], error: 'bad-request-line' });
});

it('refuses a head, and a trailer section, over the limit', () => {
  const fitting = withLines(`a: ${'b'.repeat(MAX_HEAD_BYTES - withLines('a: ').length)}`);
  expect(fitting).toHaveLength(MAX_HEAD_BYTES);
  expect(split(fitting)).toMatchObject({ requests: [fitting], error: undefined });
  expect(split(fitting.replace('a: ', 'a: b'))).toMatchObject({ requests: [], error: 'head-too-large' });
  expect(split(`${CHUNKED}0\r\na: ${'b'.repeat(MAX_HEAD_BYTES)}`)).toMatchObject({ error: 'head-too-large' });
  expect(split('\r\n'.repeat(MAX_HEAD_BYTES))).toMatchObject({ requests: [], error: 'head-too-large' });
});

const chunkedRequest = tuple(
  constantFrom('Transfer-Encoding: chunked', 'transfer-encoding: gzip, chunked'),
  array(constantFrom('5\r\nhello\r\n', 'a;x="y"\r\n0123456789\r\n', '2;a\r\n\r\n\r\n'), { maxLength: 3 }),
  constantFrom('0\r\n\r\n', '0\r\nA: b\r\n\r\n'),
).map(([line, chunks, end]) => withLines(line) + chunks.join('') + end);
const requests = oneof(
  canonicalRequest.map(({ head, body }) => head + body),
  chunkedRequest,
);

describe('what is framed as one request', () => {
  it('is one request, or none, for Node', { timeout: 600_000 }, async () => {
    let readCount = 0;
    await assert(
      asyncProperty(corrupted(requests), async (text) => {
        const [first] = split(text).requests;
        if (first === undefined) return;
        const { requests: read, error } = await parseRequests(Buffer.from(first + SENTINEL, 'latin1'), 2);
        // Node may reject what was framed, and reads nothing after a request that ends the connection.
        if (read.length === 0 && error !== undefined) return;
        readCount++;
        expect(read[0].body).not.toContain('/sentinel');
        if (read.length > 1) expect(read[1].startLine).toContain('/sentinel');
      }),
      { numRuns: 3000 * FUZZ },
    );
    expect(readCount, 'read, of 3000').toBeGreaterThan(1000 * FUZZ);
  });

  it('does not depend on how it arrives', () => {
    assert(
      property(corrupted(requests), (text) => {
        const whole = split(text + SENTINEL);
        for (const size of [1, 2, 3, 7, 50]) {
          const { requests: pieces, error } = split(text + SENTINEL, size);
          expect({ pieces, error }).toEqual({ pieces: whole.requests, error: whole.error });
        }
      }),
      { numRuns: 500 * FUZZ },
    );
  });
});
