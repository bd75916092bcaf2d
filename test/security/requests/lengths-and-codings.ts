// Where a body ends: lengths, transfer codings, and both at once (RFC 9112 §6). The classic of request smuggling.
import { CHUNKED, EVIL, chunked, forwarded, head, post, refused, request, waits, type Theme } from './case.ts';

/** A POST whose body hides a request, if the coding that is given is not followed. */
const inCoding = (...lines: readonly string[]) => request('POST', '/a', lines, `0\r\n\r\n${EVIL}`);

const NO_LENGTHS = ['+5', '-5', '0x5', '5.0', '5e0', '5 5', '5,', ',5', '5;5', 'five', '5x', '\x0b5', '5\x00', '\xb2'];

export const lengths: Theme = [
  'lengths',
  [
    forwarded('a length', post(['Content-Length: 5']), 'POST /a hello'),
    forwarded('a length of 0', post(['Content-Length: 0'], ''), 'POST /a'),
    forwarded('a length with blanks', post(['Content-Length: \t 5 \t']), 'POST /a hello'),
    forwarded('a length with zeros in front', post(['Content-Length: 005']), 'POST /a hello'),
    forwarded('a length of 15 digits', post([`Content-Length: ${'5'.padStart(15, '0')}`]), 'POST /a hello'),
    refused('a length of 16 digits', post([`Content-Length: ${'5'.padStart(16, '0')}`])),
    forwarded('a length of 0 in several digits', request('GET', '/a', ['Content-Length: 000']), 'GET /a'),
    forwarded('a body that is a request', post([`Content-Length: ${EVIL.length}`], EVIL), `POST /a ${EVIL}`),
    forwarded('no length, and a request', request('POST', '/a') + EVIL, 'POST /a', 'GET /evil'),
    ...NO_LENGTHS.map((length) => refused(`length ${JSON.stringify(length)}`, post([`Content-Length: ${length}`]))),
    refused('an empty length', post(['Content-Length:'])),
    refused('two lengths, the shorter first', post(['Content-Length: 0', `Content-Length: ${EVIL.length}`], EVIL)),
    refused(
      'two lengths in a head that is not whole',
      'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\nhello',
    ),
    refused('two lengths, the longer first', post([`Content-Length: ${EVIL.length}`, 'Content-Length: 0'], EVIL)),
    refused('two lengths in a list', post(['Content-Length: 5, 6'])),
    refused('the same length twice', post(['Content-Length: 5', 'Content-Length: 5'])),
    refused('the same length twice, spelt differently', post(['Content-Length: 5', 'Content-Length: 05'])),
    refused('the same length in a list', post(['Content-Length: 5, 5'])),
    refused('the length with a space before the colon', post(['Content-Length : 5'])),
    refused('the length with a tab before the colon', post(['Content-Length\t: 5'])),
    refused('the length after a space', post([' Content-Length: 5'])),
    refused('the length in a fold', post(['Content-Length:', ' 5'])),
    refused('a length of 20 digits', post([`Content-Length: ${'9'.repeat(20)}`])),
    refused('a length of 2^64', post(['Content-Length: 18446744073709551616'])),
    refused('a length of 2^64 + 5', post(['Content-Length: 18446744073709551621'])),
    refused('a length with a carriage return', post(['Content-Length: 5\r'])),
    refused('a length after a bare line feed', post(['X: y\nContent-Length: 5'])),
    refused('a length after a bare carriage return', post(['X: y\rContent-Length: 5'])),
    refused('a length after a NUL', post(['X: y\0Content-Length: 5'])),
    forwarded('a field that resembles a length', post(['Content_Length: 900', 'Content-Length: 5']), 'POST /a hello'),
    forwarded(
      'fields that resemble a length',
      post(['X-Content-Length: 900', 'Content-Lengths: 900', 'Content-Length: 5']),
      'POST /a hello',
    ),
    waits('less than the length', post(['Content-Length: 100'], 'abc')),
  ],
];

/** A coding besides chunked that is not known here (501). */
const UNKNOWN = ['gzip, chunked', 'identity, chunked', 'cow, chunked', ',chunked'];
/** Chunked must come last and once (RFC 9112 §6.1, §6.3): otherwise the end of the body is not known. */
const NOT_LAST = [
  ['gzip', 'identity', 'chunked, gzip', 'chunked, identity', 'chunked, chunked', 'chunked,', '\x0bchunked'],
  ['xchunked', 'chunkedx', '"chunked"', 'chunked;q=1', 'chunk', 'cow'],
].flat();

export const codings: Theme = [
  'transfer codings',
  [
    forwarded('a coding', post([CHUNKED], chunked(['hel', 'lo'])), 'POST /a hello'),
    forwarded('a coding in capitals', post(['TRANSFER-ENCODING: CHUNKED'], chunked(['hello'])), 'POST /a hello'),
    forwarded('a coding with blanks', post(['Transfer-Encoding: \tchunked '], chunked(['hello'])), 'POST /a hello'),
    ...UNKNOWN.map((coding) => refused(`coding ${coding}`, inCoding(`Transfer-Encoding: ${coding}`), 501)),
    ...NOT_LAST.map((coding) => refused(`coding ${JSON.stringify(coding)}`, inCoding(`Transfer-Encoding: ${coding}`))),
    refused('an empty coding', inCoding('Transfer-Encoding:')),
    refused('a coding with a NUL', inCoding('Transfer-Encoding: chunked\0')),
    refused('a coding with a carriage return', inCoding('Transfer-Encoding: \rchunked')),
    refused('a coding twice', inCoding(CHUNKED, CHUNKED)),
    refused('a coding and another', inCoding(CHUNKED, 'Transfer-Encoding: cow')),
    refused('another and a coding', inCoding('Transfer-Encoding: cow', CHUNKED), 501),
    refused('a coding with a space before the colon', inCoding('Transfer-Encoding : chunked')),
    refused('a coding with a tab before the colon', inCoding('Transfer-Encoding\t: chunked')),
    refused('a coding after a space', inCoding(' Transfer-Encoding: chunked')),
    refused('a coding in a fold', inCoding('Transfer-Encoding:', ' chunked')),
    refused('a coding in a fold of another field', inCoding('X: y', ' Transfer-Encoding: chunked')),
    refused('a coding after a bare line feed', inCoding('X: y\nTransfer-Encoding: chunked')),
    refused('a coding after a bare carriage return', inCoding('X: y\rTransfer-Encoding: chunked')),
    refused('a coding after a NUL', inCoding('X: y\0Transfer-Encoding: chunked')),
    refused('a coding in a name with a byte from 0x80', inCoding('Transfer-Encoding\xa0: chunked')),
    refused('a coding in HTTP/1.0', head('POST /a HTTP/1.0', ['Host: h', CHUNKED]) + chunked(['hello'])),
    refused(
      'a coding in HTTP/1.0 that is kept alive',
      head('POST /a HTTP/1.0', ['Host: h', CHUNKED, 'Connection: keep-alive']) + chunked(['hello']),
    ),
    forwarded(
      'a field that resembles a coding',
      request('POST', '/a', ['Transfer_Encoding: chunked', 'X-Transfer-Encoding: chunked']),
      'POST /a',
    ),
  ],
];

const BODY = chunked(['hello']);

export const lengthsAndCodings: Theme = [
  'a length and a coding',
  [
    refused('CL.TE: a length, then a coding', inCoding('Content-Length: 5', CHUNKED)),
    refused('TE.CL: a coding, then a length', inCoding(CHUNKED, 'Content-Length: 5')),
    refused('a coding and a length of 0', inCoding(CHUNKED, 'Content-Length: 0')),
    refused('a coding and the right length', post([CHUNKED, `Content-Length: ${BODY.length}`], BODY)),
    refused('a length and an unknown coding', inCoding('Content-Length: 5', 'Transfer-Encoding: xchunked')),
    refused('a length and identity', post(['Content-Length: 5', 'Transfer-Encoding: identity'])),
    refused('a length and an empty coding', post(['Content-Length: 5', 'Transfer-Encoding:'])),
    refused(
      'TE.TE: a length, a coding and one that is none',
      inCoding('Content-Length: 5', CHUNKED, 'Transfer-Encoding: x'),
    ),
    refused('a length and a coding in a fold', inCoding('Content-Length: 5', 'Transfer-Encoding:', ' chunked')),
    refused('a length and a coding with a tab', inCoding('Content-Length: 5', 'Transfer-Encoding:\tchunked')),
    refused('a length and a coding in another case', inCoding('content-length: 5', 'tRANSFER-eNCODING: Chunked')),
    refused(
      'a length and a coding named in Connection',
      inCoding('Content-Length: 5', CHUNKED, 'Connection: Transfer-Encoding'),
    ),
    refused(
      'a coding and a length named in Connection',
      inCoding(CHUNKED, 'Content-Length: 5', 'Connection: Content-Length'),
    ),
    refused(
      'a length and a coding in HTTP/1.0',
      head('POST /a HTTP/1.0', ['Host: h', 'Content-Length: 5', CHUNKED]) + BODY,
    ),
  ],
];
