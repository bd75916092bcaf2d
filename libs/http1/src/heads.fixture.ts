// Arbitrary heads: valid ones, and ways to corrupt them. Every character of a text is one byte.
import {
  array,
  constant,
  constantFrom,
  nat,
  oneof,
  option,
  record,
  string,
  tuple,
  uniqueArray,
  type Arbitrary,
} from 'fast-check';
import { inject } from 'vitest';

/** Multiplies the number of runs of each property: `FUZZ=100 npx vitest run libs/http1`. */
export const FUZZ = inject('fuzz') || 1;

const TOKEN = "!#$%&'*+-.^_`|~09azAZ";
const blanks = constantFrom(' ', ' ', ' ', ' ', '', '\t', '  ', ' \t ');
const trailingBlanks = constantFrom('', '', '', '', ' ', '\t');

/** Text of the given characters. */
function textOf(characters: string, minLength: number, maxLength: number): Arbitrary<string> {
  return string({ unit: constantFrom(...Array.from(characters)), minLength, maxLength });
}

const fieldText = tuple(textOf('!"#~:;,= \t\x80\xff\xa0az09', 0, 12)).map(([text]) =>
  text.replaceAll(/^[ \t]+|[ \t]+$/g, ''),
);
const token = textOf(TOKEN, 1, 9).map((name) => `x${name}`);
const COMMON: readonly (readonly [string, string])[] = [
  ['Accept', '*/*'],
  ['accept-encoding', 'gzip, br'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64)'],
  ['Cookie', 'a=1; b=2'],
  ['Via', '1.1 proxy'],
  ['Server', 'nginx'],
  ['Keep-Alive', 'timeout=5'],
  ['CONTENT-TYPE', 'text/plain; charset=utf-8'],
  ['X-Forwarded-For', '10.0.0.1'],
  ['Set-Cookie', 'a=1'],
  ['Proxied', 'no'],
  ['Content-Lengthy', '7'],
  ['__proto__', 'constructor'],
];

/** One field line, usually in canonical form. */
const line = tuple(oneof(constantFrom(...COMMON), tuple(token, fieldText)), blanks, trailingBlanks).map(
  ([[name, value], before, after]) => `${name}:${before}${value}${after}\r\n`,
);

/** Field lines without a repeated name. */
const lines: Arbitrary<string[]> = uniqueArray(line, {
  maxLength: 6,
  selector: (text) => text.slice(0, text.indexOf(':')).toLowerCase(),
});

const target = textOf('abc/09%?&=-._~!$()*+,;:@[]|{}"<>^`\'', 0, 20).map((rest) => `/${rest.replace(/^\/+/, '')}`);
const connection = constantFrom('', '', 'Connection: keep-alive\r\n', 'connection:Close \r\n');

/** A supported request: its head and its body. */
export const canonicalRequest: Arbitrary<{ head: string; body: string }> = record({
  method: constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
  target,
  host: constantFrom('a', 'localhost:5252', '[::1]:80', 'under_score.example'),
  fields: lines,
  connection,
  body: option(constantFrom('', 'x', 'hello\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n'), { nil: undefined }),
  at: nat(6),
}).map(({ method, target, host, fields, connection: option, body, at }) => {
  const content = method.startsWith('P') || body === undefined ? body : '';
  const own = content === undefined ? [] : [`Content-Length: ${content.length}\r\n`];
  const all = fields.toSpliced(at, 0, `Host: ${host}\r\n`, ...own, option);
  return { head: `${method} ${target} HTTP/1.1\r\n${all.join('')}\r\n`, body: content ?? '' };
});

const CORRUPTIONS = [
  ...Array.from('\r\n\0\t :,#/\\0+-xX\x7f\x80\xff'),
  '\r\n',
  '\n\n',
  '\r\r',
  '\r\n ',
  '\r\n\r\n',
  ' HTTP/1.1',
];

/** Lines that have been used for request smuggling, and lines that change the connection. */
const HOSTILE_LINES = [
  'Transfer-Encoding: chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: identity',
  'transfer-encoding:\tchunked',
  'Transfer-Encoding: chunked, chunked',
  'Content-Length: 5',
  'Content-Length: +5',
  'Content-Length: 0x5',
  'Content-Length: 5, 5',
  'Content-Length: 05',
  'Content-Length: ',
  'Content-Length : 5',
  'Content-Length: 5 5',
  'Content_Length: 5',
  'Content-Length: 4294967301',
  'Content-Length: 18446744073709551621',
  'Host: other',
  'Host:',
  'Connection: close, x',
  'Connection: keep-alive, close',
  'Connection: upgrade',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'Trailer: x',
  'TE: trailers',
  'Proxy-Connection: keep-alive',
  ' folded: yes',
  '\tfolded',
  'no colon',
  ': no name',
  'a b: c',
  'a\x80: c',
  'n: \0',
  'n: a\rb',
  'n: a\nHost: c',
];

const corruption = oneof(
  record({ does: constant('insert' as const), at: nat(), what: constantFrom(...CORRUPTIONS) }),
  record({ does: constant('replace' as const), at: nat(), what: constantFrom(...CORRUPTIONS) }),
  record({ does: constant('replace' as const), at: nat(), what: constantFrom('a', 'Z', '5', '~', '_') }),
  record({ does: constant('insert line' as const), at: nat(), what: constantFrom(...HOSTILE_LINES) }),
  record({ does: constant('repeat line' as const), at: nat(), what: constant('') }),
  record({ does: constant('delete' as const), at: nat(), what: constant('') }),
);

/** The same text with at most three corruptions, sometimes none. */
export function corrupted(valid: Arbitrary<string>): Arbitrary<string> {
  return tuple(valid, array(corruption, { maxLength: 3 })).map(([text, steps]) =>
    steps.reduce((corruptedText, step) => corrupt(corruptedText, step), text),
  );
}

function corrupt(text: string, { does, at, what }: { does: string; at: number; what: string }): string {
  const place = at % (text.length + 1);
  if (does === 'insert') return text.slice(0, place) + what + text.slice(place);
  if (does === 'replace') return text.slice(0, place) + what + text.slice(place + 1);
  if (does === 'delete') return text.slice(0, place) + text.slice(place + 1);
  const all = text.split('\r\n');
  const lineAt = 1 + (at % Math.max(1, all.length - 2));
  return all.toSpliced(lineAt, 0, does === 'repeat line' ? (all[lineAt] ?? '') : what).join('\r\n');
}

const statusLine = tuple(
  constantFrom('1.1', '1.1', '1.1', '1.0'),
  constantFrom(200, 200, 204, 304, 404, 500, 599),
  constantFrom(' OK', ' ', '', ' Not Found', ' caf\xe9 \t!'),
).map(([version, status, reason]) => `HTTP/${version} ${status}${reason}\r\n`);

const responseFraming = constantFrom(
  '',
  'Content-Length: 5\r\n',
  'content-length:005 \r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: Chunked\r\n',
);
const responseConnection = constantFrom(
  '',
  'Connection: keep-alive\r\n',
  'Connection: close\r\n',
  'Connection: x-a, Keep-Alive\r\n',
  'Connection: x-b\r\nConnection: close\r\n',
);
const interim = constantFrom(
  '',
  '',
  '',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
);

/** A valid response: interim heads, the final head, and the method of its request. */
export const canonicalResponse: Arbitrary<{ before: string; head: string; method: string }> = record({
  before: interim,
  status: statusLine,
  fields: lines,
  framing: responseFraming,
  option: responseConnection,
  method: constantFrom('GET', 'GET', 'POST', 'HEAD'),
  at: nat(6),
})
  .filter(({ status, framing }) => !(status.startsWith('HTTP/1.0') && framing.startsWith('T')))
  .map(({ before, status, fields, framing, option, method, at }) => {
    const all = fields.toSpliced(at, 0, framing, option);
    return { before, head: `${status}${all.join('')}\r\n`, method };
  });
