// Requests and answers made up by fast-check: mostly in the plain forms, some with a twist, some spoilt.
import * as fc from 'fast-check';
import {
  NONSENSE,
  answered,
  chunked,
  head,
  type Ending,
  type RequestCase,
  type ResponseCase,
  type Sending,
} from './corpus.js';
import { readMessage } from './messages.js';

const oneOf = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);
const stringOf = (characters: string, limits: fc.StringConstraints) =>
  fc.string({ unit: fc.constantFrom(...characters.split('')), ...limits });

const VISIBLE = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join('');
const token = stringOf("abcXYZ019-_.!#$%&'*+^`|~", { minLength: 1, maxLength: 12 });
const value = fc.oneof(
  { weight: 4, arbitrary: stringOf(VISIBLE, { maxLength: 20 }) },
  { weight: 1, arbitrary: stringOf(`${VISIBLE} \t\x80\xe4\xff`, { maxLength: 40 }) },
);
const space = oneOf('', ' ', ' ', ' ', '  ', '\t');
/** A field that means nothing to anybody on the way. */
const plainField = fc
  .tuple(token, space, value, space)
  .map(([name, before, text, after]) => `X-${name}:${before}${text}${after}`);

const requestField = fc.oneof(
  { weight: 6, arbitrary: plainField },
  {
    weight: 3,
    arbitrary: oneOf(
      ...[
        [
          'Accept: */*',
          'User-Agent: a',
          'Cookie: a=1',
          'Cookie: b=2',
          'Accept-Encoding: gzip, br',
          'Authorization: Basic x',
        ],
        [
          'Connection: keep-alive',
          'connection: Keep-Alive',
          'Cache-Control: no-cache',
          'If-None-Match: "x"',
          'Range: bytes=0-',
        ],
      ].flat(),
    ),
  },
  {
    weight: 1,
    arbitrary: oneOf(
      ...[
        [
          'Connection: close',
          'Connection: X-a',
          'TE: trailers',
          'Keep-Alive: 5',
          'Via: 1.1 x',
          'Forwarded: for=a',
          'Trailer: X',
        ],
        [
          'X-Forwarded-For: 6.6.6.6',
          'Compute: 5',
          'Fairlead-Demand: compute=1',
          'Proxy-Authorization: x',
          'Upgrade: x',
        ],
      ].flat(),
    ),
  },
);

const segment = stringOf("abcXYZ019-._~%!$&'()*+,;=:@", { maxLength: 8 });
/** Never with two slashes at the beginning, which some take for an authority: that is a case of its own. */
const path = fc
  .tuple(segment, fc.array(segment, { maxLength: 3 }))
  .map(([first, rest]) => `/${[`a${first}`, ...rest].join('/')}`);
const target = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(path, oneOf('', '', '?', '?q=1&r=%20', '?a?b/c')).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: path.map((rest) => `http://other.example${rest}`) },
);
const bodyText = stringOf('abc \r\n0\x00\xff', { maxLength: 60 });

/** What stands in a head about the body, and the body. */
const requestBody = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ lines: [] as string[], bytes: '' }) },
  { weight: 3, arbitrary: bodyText.map((bytes) => ({ lines: [`Content-Length: ${bytes.length}`], bytes })) },
  {
    weight: 1,
    arbitrary: fc
      .array(
        bodyText.filter((bytes) => bytes !== ''),
        { maxLength: 4 },
      )
      .map((contents) => ({ lines: ['Transfer-Encoding: chunked'], bytes: chunked(contents) })),
  },
);

/** A request that is well-formed, whole, and answered. */
const goodRequest: fc.Arbitrary<string> = fc
  .record({
    method: fc.oneof(
      { weight: 6, arbitrary: oneOf('GET', 'POST', 'PUT', 'HEAD') },
      { weight: 1, arbitrary: oneOf('DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'TRACE') },
    ),
    target,
    version: fc.oneof(
      { weight: 20, arbitrary: fc.constant('HTTP/1.1') },
      { weight: 1, arbitrary: fc.constant('HTTP/1.0') },
    ),
    before: fc.array(requestField, { maxLength: 4 }),
    host: oneOf('Host: example.org', 'host: h:8080', 'Host:h', 'HOST:  [::1]:80 '),
    after: fc.array(requestField, { maxLength: 4 }),
    body: requestBody,
  })
  .map(
    ({ method, target: to, version, before, host, after, body }) =>
      head(`${method} ${to} ${version}`, [...before, host, ...after, ...body.lines]) + body.bytes,
  );

/** How a good message is spoilt: at a place, something is taken out, put in, or put in its stead. */
const spoiling = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  removed: oneOf(0, 0, 1, 1, 2, 5),
  inserted: fc.oneof(
    oneOf(
      '',
      '',
      ' ',
      '\t',
      '\r',
      '\n',
      '\r\n',
      '\x00',
      '\x0b',
      '\x7f',
      '\xa0',
      ':',
      ',',
      ';',
      '"',
      '0',
      '1',
      '-',
      '+',
    ),
    oneOf(
      '\r\n ',
      '\r\nContent-Length: 3',
      '\r\nTransfer-Encoding: chunked',
      '\r\nHost: x',
      ' HTTP/1.1',
      'GET / HTTP/1.1\r\n',
    ),
  ),
});

/** A good message with one place spoilt. */
const spoilt = (good: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(good, spoiling).map(([bytes, { at, removed, inserted }]) => {
    const place = Math.floor(at * bytes.length);
    return bytes.slice(0, place) + inserted + bytes.slice(place + removed);
  });

/** Some good requests one after another, and perhaps a spoilt one as the last. */
export const conversation: fc.Arbitrary<RequestCase> = fc
  .tuple(fc.array(goodRequest, { minLength: 1, maxLength: 5 }), fc.option(spoilt(goodRequest), { freq: 2 }))
  .map(([good, bad]) => ({
    name: 'generated',
    sendings: [...good.map((bytes) => answered(bytes)), ...(bad === null ? [] : sendingsOf(bad))],
  }));

/** Bytes that may be no message at all: what is whole is waited for, what is not is brought to an end. */
function sendingsOf(bytes: string): Sending[] {
  const reading = readMessage(bytes, { hasEnded: false });
  if (reading?.rest === '') return [answered(bytes)];
  if (!reading) return [{ bytes, awaits: 'nothing' }, answered(NONSENSE)];
  const whole = bytes.slice(0, bytes.length - reading.rest.length);
  return [answered(whole), { bytes: reading.rest, awaits: 'nothing' }, answered(NONSENSE)];
}

const responseField = fc.oneof(
  { weight: 6, arbitrary: plainField },
  {
    weight: 3,
    arbitrary: oneOf(
      ...[
        [
          'Content-Type: text/plain',
          'Set-Cookie: a=1',
          'Set-Cookie: b=2',
          'ETag: "x"',
          'Server: x',
          'Via: 1.1 y',
          'Vary: *',
        ],
        [
          'Date: Tue, 01 Jan 2019 00:00:00 GMT',
          'Connection: keep-alive',
          'Keep-Alive: timeout=9',
          'endpoint-load-metrics: x',
        ],
        ['Connection: close', 'Connection: X-a', 'Trailer: X-T', 'Upgrade: x', 'Fairlead-Placement: "x"'],
      ].flat(),
    ),
  },
);

const responseBody = fc.oneof(
  bodyText.map((bytes) => ({ lines: [`Content-Length: ${bytes.length}`], bytes, ending: 'keep' as Ending })),
  bodyText.map((bytes) => ({ lines: [] as string[], bytes, ending: 'close' as Ending })),
  fc
    .tuple(
      fc.array(
        bodyText.filter((bytes) => bytes !== ''),
        { maxLength: 4 },
      ),
      fc.array(plainField, { maxLength: 2 }),
    )
    .map(([contents, trailers]) => ({
      lines: ['Transfer-Encoding: chunked'],
      bytes: chunked(contents, trailers),
      ending: 'keep' as Ending,
    })),
);

const goodResponse = fc
  .record({
    line: oneOf('200 OK', '200 ', '201 Created', '404 Not Found', '500 Error', '301 Moved \xe4', '299 x'),
    before: fc.array(responseField, { maxLength: 4 }),
    body: responseBody,
    after: fc.array(responseField, { maxLength: 4 }),
  })
  .map(({ line, before, body, after }) => ({
    bytes: head(`HTTP/1.1 ${line}`, [...before, ...body.lines, ...after]) + body.bytes,
    ending: body.ending,
  }));

/** An answer of a backend, good or spoilt; a spoilt one always ends with its connection, so that nobody waits for more. */
export const response: fc.Arbitrary<ResponseCase> = fc.oneof(
  { weight: 2, arbitrary: goodResponse.map(({ bytes, ending }) => ({ name: 'generated', parts: [bytes], ending })) },
  {
    weight: 1,
    arbitrary: spoilt(goodResponse.map(({ bytes }) => bytes)).map((bytes) => ({
      name: 'generated',
      parts: [bytes],
      ending: 'close' as Ending,
    })),
  },
);
