// Responses whose body ends in two places, nowhere, or too early, and what comes after its end.
import {
  CHUNKED,
  FORGED,
  LENGTH,
  UNASKED,
  chunked,
  either,
  head,
  inChunks,
  ok,
  rejected,
  relayed,
  type ResponseAttack,
} from './case.ts';

const BAD_LENGTHS = [
  '+4',
  '-4',
  '4, 5',
  '0x4',
  '4.0',
  '4 4',
  '4;4',
  '4-',
  '_4',
  '1e1',
  '4x',
  'four',
  '4\0',
  '9'.repeat(25),
];
const BAD_CODINGS = [
  'gzip',
  'xchunked',
  'chunked, gzip',
  'identity',
  'chunked;q=1',
  '"chunked"',
  'chunked, chunked',
  'chunke',
  'chunked chunked',
  'chunked=1',
];
const BAD_SIZES = [
  'zz',
  '-4',
  '+4',
  '0x4',
  ' 4',
  '4 4',
  '4_0',
  '4g',
  '-0',
  '4.0',
  '4,',
  '$4',
  'fffffffffffffffff',
  '\xb2',
];

export const framing: readonly ResponseAttack[] = [
  ...BAD_LENGTHS.map((length) =>
    rejected(`length ${JSON.stringify(length)}`, ok([`Content-Length: ${length}`], 'body'), 'close'),
  ),
  rejected('two lengths', ok([LENGTH, 'Content-Length: 5'], 'body1'), 'close'),
  rejected('a length with a space before the colon', ok(['Content-Length : 4'], 'body'), 'close'),
  rejected('a length in a fold', ok(['Content-Length:', ' 4'], 'body'), 'close'),
  either('the same length twice', ok([LENGTH, LENGTH], 'body')),
  rejected('a length and a coding', ok([LENGTH, CHUNKED], chunked(['body'])), 'close'),
  rejected('a coding and a length', ok([CHUNKED, LENGTH], chunked(['body'])), 'close'),
  ...BAD_CODINGS.map((coding) => rejected(`coding ${coding}`, ok([`Transfer-Encoding: ${coding}`], chunked(['body'])))),
  rejected('a coding twice', ok([CHUNKED, CHUNKED], chunked(['body']))),
  rejected('a coding with a space before the colon', ok(['Transfer-Encoding : chunked'], chunked(['body'])), 'close'),
  ...BAD_SIZES.map((size) => rejected(`chunk size ${JSON.stringify(size)}`, inChunks(`${size}\r\nbody\r\n0\r\n\r\n`))),
  rejected('a chunk that is longer than its size', inChunks('3\r\nbody\r\n0\r\n\r\n')),
  rejected('bare line feeds for chunks', inChunks('4\nbody\n0\n\n'), 'close'),
  rejected('a chunk extension with a line feed', inChunks('4;a\nb\r\nbody\r\n0\r\n\r\n')),
  rejected('a chunk extension of 1 MB', inChunks(`4;${'x'.repeat(1_000_000)}\r\nbody\r\n0\r\n\r\n`)),
  rejected('a trailer without a colon', inChunks('4\r\nbody\r\n0\r\nforged\r\n\r\n')),
  rejected('trailers of 1 MB', inChunks(chunked(['body'], [`X: ${'x'.repeat(1_000_000)}`]))),
  rejected('noise after a chunk', inChunks('4\r\nbody\r\nnoise\r\n\r\n')),
  rejected('trailers that frame', inChunks(chunked(['body'], ['Content-Length: 9', 'Transfer-Encoding: gzip']))),
];

/** A response of ten bytes by length and in chunks; the second is 10 bytes longer with its framing. */
const WHOLE = { length: ok(['Content-Length: 10'], '0123456789'), chunks: inChunks(chunked(['0123', '456789'])) };

export const cuts: readonly ResponseAttack[] = Object.entries(WHOLE).flatMap(([framed, bytes]) => {
  const headEnd = bytes.indexOf('\r\n\r\n') + 4;
  return [5, headEnd - 1, headEnd, headEnd + 4, bytes.length - 1].flatMap((at) =>
    (['close', 'reset'] as const).map((ending) =>
      rejected(`${framed}: ${ending} after ${at} bytes`, bytes.slice(0, at), ending),
    ),
  );
});

const WITHOUT_BODY = [
  ['204', 'HTTP/1.1 204 No Content', [], 204],
  ['304 with a length', 'HTTP/1.1 304 Not Modified', ['Content-Length: 6'], 304],
] as const;

/** More than the sockets on its way take in by themselves. */
const LARGE = 'x'.repeat(1_000_000);

export const surplus: readonly ResponseAttack[] = [
  relayed('a body of 1 MB', ok([`Content-Length: ${LARGE.length}`], LARGE), [200, LARGE]),
  relayed('chunks of 1 MB', inChunks(chunked([LARGE, LARGE])), [200, LARGE + LARGE]),
  relayed('1 MB until the end', ok([], LARGE), [200, LARGE], 'close'),
  relayed('bytes after a length', ok([LENGTH], `body${FORGED}`)),
  relayed('a response after a length', ok([LENGTH], `body${UNASKED}`)),
  relayed('a response after an empty body', ok(['Content-Length: 0']) + UNASKED, [200, '']),
  relayed('a response after chunks', inChunks(chunked(['body']) + UNASKED)),
  relayed('ten responses after one', ok([LENGTH], `body${UNASKED.repeat(10)}`)),
  relayed('a response after a length, later', [ok([LENGTH], 'body'), UNASKED]),
  relayed('bytes after chunks, later', [inChunks(chunked(['body'])), FORGED]),
  relayed('a response after a length, and the end', [ok([LENGTH], 'body'), UNASKED], [200, 'body'], 'close'),
  relayed('half a response after a length, later', [ok([LENGTH], 'body'), 'HTTP/1.1 200 OK\r\nX: ']),
  relayed('an interim response after the response', [ok([LENGTH], 'body'), 'HTTP/1.1 100 Continue\r\n\r\n']),
  ...WITHOUT_BODY.flatMap(([name, startLine, lines, status]) => [
    relayed(`a body after ${name}`, head(startLine, lines) + FORGED, [status, '']),
    relayed(`a response after ${name}`, head(startLine, lines) + UNASKED, [status, '']),
  ]),
  { ...relayed('a body to HEAD', ok([LENGTH], FORGED.slice(0, 4)), [200, '']), method: 'HEAD' },
  { ...relayed('a response after one to HEAD', ok([LENGTH]) + UNASKED, [200, '']), method: 'HEAD' },
  { ...relayed('chunks to HEAD', inChunks(chunked([FORGED])), [200, '']), method: 'HEAD' },
  { ...relayed('a response to POST, and another', ok([LENGTH], `body${UNASKED}`)), method: 'POST' },
];

const HINT = head('HTTP/1.1 103 Early Hints', ['Link: </a>; rel=preload']);

export const interim: readonly ResponseAttack[] = [
  rejected(
    'a switch of protocols that was not asked for',
    head('HTTP/1.1 101 Switching Protocols', ['Upgrade: x', 'Connection: Upgrade']) + UNASKED,
  ),
  rejected('a switch of protocols without one', head('HTTP/1.1 101 Switching Protocols', []) + UNASKED, 'close'),
  rejected('an interim response, and the end', 'HTTP/1.1 100 Continue\r\n\r\n', 'close'),
  either(
    'an interim response with a body',
    head('HTTP/1.1 100 Continue', ['Content-Length: 0']) + ok([LENGTH], 'body'),
  ),
  relayed('an unknown interim response', `HTTP/1.1 199 X\r\n\r\n${ok([LENGTH], 'body')}`),
  relayed('hints twenty times', HINT.repeat(20) + ok([LENGTH], 'body')),
  either('interim responses of 1 MB', HINT.repeat(20_000) + ok([LENGTH], 'body')),
  relayed(
    'a link whose pattern is slow to match',
    head('HTTP/1.1 103 Early Hints', [`Link: <a>${';a=b'.repeat(200)};"`]) + ok([LENGTH], 'body'),
  ),
];
