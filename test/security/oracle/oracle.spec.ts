// The oracle finds the desyncs that it is there for, and none in what is plain.
import { describe, expect, it } from 'vitest';
import { chunked, get, head, request } from '../../support/http-text.js';
import { disagreements } from './oracle.js';

const EVIL = get('/evil');
const CHUNKED = 'Transfer-Encoding: chunked';
const post = (lines: readonly string[], body: string) => request('POST', '/a', lines, body);

describe('the oracle', () => {
  it.each([
    ['a GET', get('/a')],
    ['two', get('/a') + get('/b')],
    ['a length', post(['Content-Length: 5'], 'hello')],
    ['a length in a list of equals', post(['Content-Length: 5, 5'], 'hello')],
    ['a request in a body', post([`Content-Length: ${EVIL.length}`], EVIL)],
    ['chunks with trailers', post([CHUNKED], chunked(['abc', 'de'], ['X: 1'])) + get('/b')],
    ['bytes from 0x80', get('/\xe4', 'X: \x85\xa0\xff')],
    ['names that resemble those that frame', get('/a', 'Content_Length: 9', 'X-Transfer-Encoding: chunked')],
    ['a beginning', post(['Content-Length: 50'], 'abc')],
    ['a head that is cut', get('/a').slice(0, 20)],
  ])('%s, forwarded as it is, is no desync', (_, bytes) => {
    expect(disagreements({ sent: [bytes], received: [bytes] })).toEqual([]);
  });

  it('a target in absolute-form is forwarded in origin-form, and a body in other chunks', () => {
    const sent = head('POST http://h/a?b HTTP/1.1', ['Host: h', CHUNKED]) + chunked(['abc', 'de']);
    const received = request('POST', '/a?b', [CHUNKED], chunked(['abcde']));
    expect(disagreements({ sent: [sent], received: [received] })).toEqual([]);
  });

  it('less may arrive than was sent, and the beginning of a body whose rest is not valid', () => {
    const sent = get('/a') + post([CHUNKED], '3\r\nabc\r\nzz\r\n');
    expect(disagreements({ sent: [sent], received: [get('/a'), post([CHUNKED], '3\r\nabc\r\n')] })).toEqual([]);
  });

  it.each([
    ['one that was in a body', post([`Content-Length: ${EVIL.length}`], EVIL), [EVIL]],
    ['the same twice', get('/a'), [get('/a'), get('/a')]],
    ['another method', get('/a'), [request('HEAD', '/a')]],
    ['another target', get('/a'), [get('/b')]],
    ['another body', post(['Content-Length: 5'], 'hello'), [post(['Content-Length: 5'], 'hullo')]],
    ['one after an invalid one', `${get('/a', 'X Y: 1')}${EVIL}`, [EVIL]],
    ['one with two hosts', get('/a', 'Host: b'), [get('/a')]],
  ])('a backend that receives %s is a desync', (_, sent, received) => {
    expect(disagreements({ sent: [sent], received })).toEqual([
      expect.stringMatching(/^a backend received .*, which no client sent$/),
    ]);
  });

  it.each([
    ['a length and a coding', post(['Content-Length: 5', CHUNKED], `0\r\n\r\n${EVIL}`)],
    ['two lengths', post(['Content-Length: 0', `Content-Length: ${EVIL.length}`], EVIL)],
    ['an unknown coding', post(['Transfer-Encoding: xchunked'], chunked(['abc']))],
    ['a bare line feed', `GET /a HTTP/1.1\r\nHost: h\r\nX: y\n\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n`],
    ['a space before a colon', post(['Content-Length : 5'], 'hello')],
    ['a folded coding', post(['Transfer-Encoding:', ' chunked'], chunked(['abc']))],
    ['a NUL', get('/a', 'X: a\0b')],
    ['no host', head('GET /a HTTP/1.1', [])],
    ['a host that is none', get('/a').replace('example.org', 'a/b')],
    ['a size with a prefix', post([CHUNKED], '0x3\r\nabc\r\n0\r\n\r\n')],
  ])('%s that was forwarded is a desync, also when a client has sent it', (_, bytes) => {
    expect(disagreements({ sent: [bytes], received: [bytes] })).not.toEqual([]);
  });
});
