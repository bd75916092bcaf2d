// Response heads one by one: where the response ends, and which leave that ambiguous.
import { describe, expect, it } from 'vitest';
import { FieldNames } from './field-names.js';
import { ForwardingRule } from './forwarding-rule.js';
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';
import { ResponseHead } from './response-head.js';

const names = new FieldNames(['endpoint-load-metrics']);
const rule = new ForwardingRule(names, ['connection', 'keep-alive', 'endpoint-load-metrics'], ['content-type', 'host']);

function frame(text: string, method = 'GET'): { head: ResponseHead; length: number } {
  const head = new ResponseHead(names, { maxHeadBytes: 4096, maxFields: 100 });
  const bytes = Buffer.from(text, 'latin1');
  return { head, length: head.frame(bytes, 0, bytes.length, method) };
}

function ok(...lines: string[]): string {
  return ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');
}

describe('a response head', () => {
  it.each([
    [ok('Content-Length: 5'), 'GET', 'length', 5, true],
    [ok('Content-Length: 005'), 'GET', 'length', 5, true],
    [ok('Content-Length: 0'), 'GET', 'length', 0, true],
    [ok('Transfer-Encoding: chunked'), 'GET', 'chunked', -1, true],
    [ok('transfer-encoding:CHUNKED '), 'POST', 'chunked', -1, true],
    [ok(), 'GET', 'close', -1, false],
    [ok('Connection: keep-alive'), 'GET', 'close', -1, false],
    [ok('Content-Length: 5'), 'HEAD', 'none', 5, true],
    [ok('Transfer-Encoding: chunked'), 'HEAD', 'none', -1, true],
    // The server may send the body that it would send for GET.
    [ok(), 'HEAD', 'none', -1, false],
    ['HTTP/1.1 204 No Content\r\n\r\n', 'GET', 'none', -1, true],
    ['HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', 'GET', 'none', 5, false],
    ['HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n', 'GET', 'none', -1, false],
    ['HTTP/1.1 304 Not Modified\r\n\r\n', 'GET', 'none', -1, true],
    ['HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', 'GET', 'none', 5, true],
    ['HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', 'GET', 'none', -1, true],
    ['HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n', 'GET', 'length', 5, false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\n', 'GET', 'length', 5, true],
    [ok('Content-Length: 5', 'Connection: close'), 'GET', 'length', 5, false],
    [ok('Content-Length: 5', 'Connection: x, Close'), 'GET', 'length', 5, false],
    [ok('Content-Length: 5', 'Connection: x', 'Connection: close'), 'GET', 'length', 5, false],
    [ok('Content-Length: 5', 'Connection: x'), 'GET', 'length', 5, true],
  ] as const)('%j to %s has a body that ends by %s', (text, method, bodyEnd, contentLength, isPersistent) => {
    const { head, length } = frame(text, method);
    expect(length).toBe(text.length);
    expect(head).toMatchObject({ bodyEnd, contentLength, isPersistent });
  });

  it('has a status and a reason', () => {
    expect(frame('HTTP/1.1 404 Not  Found \xe9\r\n\r\n').head).toMatchObject({
      statusCode: 404,
      reasonPhrase: 'Not  Found \xe9',
      minorVersion: 1,
      isInterim: false,
    });
    expect(frame('HTTP/1.0 599 \r\n\r\n').head).toMatchObject({ statusCode: 599, reasonPhrase: '', minorVersion: 0 });
    expect(frame('HTTP/1.1 200\r\n\r\n').head).toMatchObject({ statusCode: 200, reasonPhrase: '' });
    expect(frame('HTTP/1.1 100 Continue\r\n\r\n').head.isInterim).toBe(true);
  });

  it.each([
    [ok(), -1],
    [ok('Keep-Alive: timeout=5'), 5],
    [ok('Keep-Alive: max=100, Timeout = 75'), 75],
    [ok('Keep-Alive: timeout=72, max=100'), 72],
    [ok('Keep-Alive: timeout=x'), -1],
    [ok('Keep-Alive: notimeout=5'), -1],
  ])('%j is kept alive for %d seconds', (text, seconds) => {
    expect(frame(text).head.keepAliveSeconds).toBe(seconds);
  });

  it('is forwarded without dropped fields and without what Connection names, unless the rule keeps it', () => {
    expect(frame(ok('A: b', 'Endpoint-Load-Metrics: x', 'C:d')).head.forwardedHead(rule)).toBe(
      'HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n',
    );
    const named = ok('A: b', 'X-C: d', 'Content-Type: e', 'Connection: x-c, content-type', 'Connection: close');
    expect(frame(named).head.forwardedHead(rule)).toBe('HTTP/1.1 200 OK\r\nA: b\r\nContent-Type: e\r\n');
    expect(frame('HTTP/1.0 200 OK\r\nA: b\r\n\r\n').head.forwardedHead(rule)).toBe('HTTP/1.1 200 OK\r\nA: b\r\n');
    expect(frame('HTTP/1.1 200\r\nA: b\r\n\r\n').head.forwardedHead(rule)).toBe('HTTP/1.1 200 \r\nA: b\r\n');
    expect(frame('HTTP/1.1 200\r\nConnection: a\r\n\r\n').head.forwardedHead(rule)).toBe('HTTP/1.1 200 \r\n');
  });

  it('has the values of repeated fields', () => {
    const { head } = frame(
      ok('Set-Cookie: a', 'Endpoint-Load-Metrics: x', 'set-cookie: b', 'endpoint-load-metrics: y'),
    );
    expect(head.fields.valueOf(names.numberOf('endpoint-load-metrics'))).toBe('x, y');
    expect(head.fields.valueNamed('set-cookie')).toBe('a, b');
  });

  it('keeps nothing of the previous head', () => {
    const head = new ResponseHead(names, { maxHeadBytes: 4096, maxFields: 100 });
    const first = Buffer.from(ok('Content-Length: 5', 'Connection: close, a'));
    const second = Buffer.from('HTTP/1.1 304 \r\n\r\n');
    head.frame(first, 0, first.length, 'GET');
    expect(head.frame(second, 0, second.length, 'GET')).toBe(second.length);
    expect(head).toMatchObject({ bodyEnd: 'none', contentLength: -1, isPersistent: true, keepAliveSeconds: -1 });
    expect(head.forwardedHead(rule)).toBe('HTTP/1.1 304 \r\n');
  });

  it.each([
    [ok('Content-Length: 5', 'Transfer-Encoding: chunked'), 'both lengths'],
    [ok('Transfer-Encoding: chunked', 'Content-Length: 5'), 'both lengths'],
    [ok('Content-Length: 5', 'Content-Length: 5'), 'the length twice'],
    [ok('Content-Length: 5', 'A: b', 'content-length: 6'), 'two lengths'],
    [ok('Content-Length: 5, 5'), 'a list of lengths'],
    [ok('Content-Length: +5'), 'a sign'],
    [ok('Content-Length: 0x5'), 'a prefix'],
    [ok('Content-Length: '), 'an empty length'],
    [ok('Content-Length: 9999999999999999'), 'a length of sixteen digits'],
    [ok('Transfer-Encoding: gzip, chunked'), 'another coding'],
    [ok('Transfer-Encoding: identity'), 'another coding'],
    [ok('Transfer-Encoding: '), 'no coding'],
    [ok('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 'chunked twice'],
    ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'chunks in HTTP/1.0'],
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n', 'an unrequested protocol switch'],
    ['HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n', 'an interim response that is the last'],
    ['HTTP/1.1 103 \r\nContent-Length: 5\r\n\r\n', 'an interim response with a body'],
    [ok('A: b', ' c'), 'a folded line'],
    [ok('A : b'), 'a blank before the colon'],
    [ok('A'), 'no colon'],
    [ok('A: b\0'), 'NUL in a value'],
    [ok('A: b\rc'), 'a bare CR'],
    [ok('A: b\nc: d'), 'a bare LF'],
    ['HTTP/1.1 200 OK\nA: b\n\n', 'bare LF'],
    ['HTTP/1.1 200 O\0K\r\n\r\n', 'NUL in the reason'],
    ['HTTP/1.1 200OK\r\n\r\n', 'no space after the status'],
    ['HTTP/1.1  200 OK\r\n\r\n', 'two spaces'],
    ['HTTP/1.1 20 OK\r\n\r\n', 'two digits'],
    ['HTTP/1.1 2000 OK\r\n\r\n', 'four digits'],
    ['HTTP/1.1 099 OK\r\n\r\n', 'no such status'],
    ['HTTP/1.1 600 OK\r\n\r\n', 'no such status'],
    ['HTTP/1.2 200 OK\r\n\r\n', 'no such version'],
    ['HTTP/2.0 200 OK\r\n\r\n', 'no such version'],
    ['http/1.1 200 OK\r\n\r\n', 'lower case'],
    ['ICY 200 OK\r\n\r\n', 'another protocol'],
    ['\r\nHTTP/1.1 200 OK\r\n\r\n', 'an empty line before it'],
    [ok(`A: ${'b'.repeat(4096)}`), 'a head that is too large'],
  ])('%j is unsupported: %s', (text) => {
    expect(frame(text).length).toBe(UNSUPPORTED);
  });

  it.each(['', 'HTTP/1.', 'HTTP/1.1 2', 'HTTP/1.1 200', 'HTTP/1.1 200 OK\r', ok('A: b').slice(0, -1)])(
    '%j is incomplete',
    (text) => {
      expect(frame(text).length).toBe(INCOMPLETE);
    },
  );
});
