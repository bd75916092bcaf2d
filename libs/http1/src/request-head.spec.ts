// Request heads one by one: which are accepted, and which are left to a complete HTTP server.
import { describe, expect, it } from 'vitest';
import { FieldNames } from './field-names.js';
import { ForwardingRule } from './forwarding-rule.js';
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';
import { RequestHead } from './request-head.js';

const names = new FieldNames(['via', 'forwarded', 'x-forwarded-for', 'compute']);
const limits = { maxHeadBytes: 4096, maxTargetBytes: 4096, maxFields: 100 };

function frame(text: string): { head: RequestHead; length: number } {
  const head = new RequestHead(names, limits);
  const bytes = Buffer.from(text, 'latin1');
  return { head, length: head.frame(bytes, 0, bytes.length) };
}

/** A request with these lines in addition to the required ones. */
function withLines(...lines: string[]): string {
  return ['POST /a HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n');
}

describe('a request head', () => {
  it('is read to its end, and not beyond', () => {
    const text =
      'POST /a/b?c=%20 HTTP/1.1\r\nhost:a:80\r\nX-Empty:\r\nCONTENT-LENGTH: \t12 \r\nconnection: Close\r\n\r\n';
    const { head, length } = frame(`${text}GET / HTTP/1.1\r\n`);
    expect(length).toBe(text.length);
    expect(head).toMatchObject({ method: 'POST', target: '/a/b?c=%20', contentLength: 12, wantsClose: true });
    expect(head.fields.count).toBe(4);
    expect(head.fields.valueNamed('x-empty')).toBe('');
    expect(head.fields.valueNamed('x-none')).toBeUndefined();
    expect(head.fields.valueOf(names.numberOf('Host'))).toBe('a:80');
    expect(head.fields.valueOf(names.numberOf('via'))).toBeUndefined();
  });

  it('has values of unknown names, which may be repeated', () => {
    const { head } = frame(withLines('X-A: 1', 'accept: b', 'x-a: 2'));
    expect(head.fields.valueNamed('x-a')).toBe('1, 2');
  });

  it('is forwarded in canonical form, without dropped fields', () => {
    const rule = new ForwardingRule(names, ['Connection', 'X-Forwarded-For']);
    const lines = ['connection: keep-alive', 'A:1', 'x-forwarded-for: b', 'C:  d \t', 'E: f', 'G: h', 'I:'];
    expect(frame(withLines(...lines)).head.forwardedHead(rule)).toBe(
      'POST /a HTTP/1.1\r\nHost: a\r\nA: 1\r\nC: d\r\nE: f\r\nG: h\r\nI: \r\n',
    );
    expect(frame(withLines()).head.forwardedHead(new ForwardingRule(names, ['host']))).toBe('POST /a HTTP/1.1\r\n');
  });

  it('keeps nothing of the previous head', () => {
    const head = new RequestHead(names, limits);
    const first = Buffer.from(withLines('Content-Length: 5', 'Connection: close', 'Via: x', 'A: b'));
    const second = Buffer.from('GET / HTTP/1.1\r\nHost: b\r\n\r\n');
    expect(head.frame(first, 0, first.length)).toBe(first.length);
    expect(head.frame(second, 0, second.length)).toBe(second.length);
    expect(head).toMatchObject({ method: 'GET', contentLength: -1, wantsClose: false });
    expect(head.forwardedHead(new ForwardingRule(names, []))).toBe('GET / HTTP/1.1\r\nHost: b\r\n');
    expect(head.fields.placeOf(names.numberOf('via'))).toBe(-1);
  });

  it('names fields correctly where the previous head had others', () => {
    const head = new RequestHead(names, limits);
    const rule = new ForwardingRule(names, ['via']);
    const read = (...lines: string[]) => {
      const bytes = Buffer.from(withLines(...lines));
      head.frame(bytes, 0, bytes.length);
      return head.forwardedHead(rule).split('\r\n').slice(2, -1);
    };
    expect(read('A: b', 'Via: c', 'D: e')).toEqual(['A: b', 'D: e']);
    expect(read('Via: c', 'A: b', 'Via-x: e')).toEqual(['A: b', 'Via-x: e']);
    expect(read('Vi: c', 'viA: b', 'Via')).toEqual([]);
    expect(read('Vi: c', 'viA: b', 'vib: d')).toEqual(['Vi: c', 'vib: d']);
  });

  it('compares a value byte by byte', () => {
    const { head } = frame(withLines('A: b'));
    const host = names.numberOf('host');
    const value = Buffer.from(head.fields.valueOf(host) ?? '');
    expect(head.fields.isValue(host, value)).toBe(true);
    expect(head.fields.isValue(host, Buffer.concat([value, value]))).toBe(false);
    expect(head.fields.isValue(host, Buffer.alloc(value.length, '#'))).toBe(false);
    expect(head.fields.isValue(names.numberOf('via'), Buffer.alloc(0))).toBe(false);
  });

  it('keeps its method and target when its bytes are gone', () => {
    const bytes = Buffer.from(withLines('A: b'));
    const head = new RequestHead(names, limits);
    head.frame(bytes, 0, bytes.length);
    bytes.fill(0);
    expect(head.target).toBe('/a');
    expect(head.method).toBe('POST');
  });

  it.each([
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'OPTIONS /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n',
    'DELETE /?a={b}|"c" HTTP/1.1\r\nhOsT: a_b-c.d\r\nContent-Length: 0\r\n\r\n',
    withLines('Keep-Alive: timeout=5', 'Connection: Keep-Alive'),
    withLines('Accept: a', 'Accept: b'),
    withLines('n: \xe9\t\xff'),
    withLines('Content-Length: 999999999999999'),
    withLines(`${'n'.repeat(128)}: v`),
    withLines(...Array.from({ length: 99 }, (_, i) => `n${i}: v`)),
    withLines('Proxied: a', 'Proxy: b', 'Tea: c', 'Hosts: d'),
  ])('%j is accepted', (text) => {
    expect(frame(text).length).toBe(text.length);
  });

  it.each([
    ['\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', 'an empty line before it'],
    ['get / HTTP/1.1\r\nHost: a\r\n\r\n', 'a method in lower case'],
    ['TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 'another method'],
    ['CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', 'a tunnel'],
    ['GETS / HTTP/1.1\r\nHost: a\r\n\r\n', 'another method'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'HTTP/2'],
    ['GET  / HTTP/1.1\r\nHost: a\r\n\r\n', 'two spaces'],
    ['GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n', 'a tab instead of a space'],
    ['GET /  HTTP/1.1\r\nHost: a\r\n\r\n', 'two spaces'],
    ['GET / a HTTP/1.1\r\nHost: a\r\n\r\n', 'a space in the target'],
    ['GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n', 'absolute form'],
    ['GET //a/b HTTP/1.1\r\nHost: a\r\n\r\n', 'a possible authority'],
    ['OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 'asterisk form'],
    ['GET  HTTP/1.1\r\nHost: a\r\n\r\n', 'no target'],
    ['GET /#a HTTP/1.1\r\nHost: a\r\n\r\n', 'a fragment'],
    ['GET /\\a HTTP/1.1\r\nHost: a\r\n\r\n', 'a backslash'],
    ['GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n', 'a byte outside ASCII in the target'],
    ['GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n', 'DEL in the target'],
    ['GET /\r\nHost: a\r\n\r\n', 'HTTP/0.9'],
    ['GET / HTTP/1.0\r\nHost: a\r\n\r\n', 'HTTP/1.0'],
    ['GET / HTTP/1.10\r\nHost: a\r\n\r\n', 'a version of three digits'],
    ['GET / HTTP/1.1 \r\nHost: a\r\n\r\n', 'a space after the version'],
    ['GET / http/1.1\r\nHost: a\r\n\r\n', 'the protocol in lower case'],
    ['GET / HTTP/1.1\nHost: a\n\n', 'bare LF'],
    ['GET / HTTP/1.1\r\nHost: a\n\r\n', 'a bare LF after a field'],
    ['GET / HTTP/1.1\rHost: a\r\r', 'bare CR'],
    ['GET / HTTP/1.1\r\nHost: a\r\n\rX', 'a bare CR at the end'],
    ['GET / HTTP/1.1\r\n Host: a\r\n\r\n', 'a blank before the first field'],
    ['GET / HTTP/1.1\r\n\r\n', 'no host'],
    ['GET / HTTP/1.1\r\nHost:\r\n\r\n', 'an empty host'],
    ['GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 'a host with a path'],
    ['GET / HTTP/1.1\r\nHost: a@b\r\n\r\n', 'a host with a user'],
    ['GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 'a host with a blank'],
    ['GET / HTTP/1.1\r\nHost: a, b\r\n\r\n', 'two hosts in one'],
    [withLines('Host: a'), 'the host twice'],
    [withLines('host: b'), 'two hosts'],
    [withLines('n : v'), 'a blank before the colon'],
    [withLines('n\t: v'), 'a tab before the colon'],
    [withLines(': v'), 'no name'],
    [withLines('n'), 'no colon'],
    [withLines('n\xe9: v'), 'a name that is not a token'],
    [withLines('"n": v'), 'a name that is not a token'],
    [withLines('n: v', ' w'), 'a folded line'],
    [withLines('n: v', '\tw'), 'a folded line'],
    [withLines('n: v\0'), 'NUL in a value'],
    [withLines('n: v\rw'), 'a bare CR in a value'],
    [withLines('n: v\nw: x'), 'a bare LF in a value'],
    [withLines('n: v\x7f'), 'DEL in a value'],
    [withLines('n: v\x0b'), 'a control character in a value'],
    [withLines('Content-Length: +5'), 'a sign'],
    [withLines('Content-Length: -5'), 'a sign'],
    [withLines('Content-Length: 0x5'), 'a prefix'],
    [withLines('Content-Length: 05'), 'a leading zero'],
    [withLines('Content-Length: 5, 5'), 'a list of lengths'],
    [withLines('Content-Length: 5 5'), 'two lengths'],
    [withLines('Content-Length: 5.0'), 'a fraction'],
    [withLines('Content-Length: 5e1'), 'an exponent'],
    [withLines('Content-Length:'), 'an empty length'],
    [withLines('Content-Length: 5', 'Content-Length: 5'), 'the length twice'],
    [withLines('Content-Length: 5', 'content-length: 6'), 'two lengths'],
    [withLines('Content-Length: 1000000000000000'), 'a length of sixteen digits'],
    ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n', 'GET with a body'],
    ['DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n', 'DELETE with a body'],
    [withLines('Transfer-Encoding: chunked'), 'a chunked body'],
    [withLines('Transfer-Encoding: identity'), 'any transfer coding'],
    [withLines('Content-Length: 5', 'Transfer-Encoding: chunked'), 'CL.TE'],
    [withLines('Transfer-Encoding: chunked', 'Content-Length: 5'), 'TE.CL'],
    [withLines('Transfer-Encoding: xchunked'), 'an unknown coding'],
    [withLines('Transfer-Encoding : chunked'), 'a blank before the colon'],
    [withLines('Expect: 100-continue'), 'an expectation'],
    [withLines('Upgrade: websocket'), 'an upgrade'],
    [withLines('HTTP2-Settings: x'), 'an upgrade to HTTP/2'],
    [withLines('TE: trailers'), 'TE'],
    [withLines('Trailer: x'), 'trailers'],
    [withLines('Proxy-Authorization: x'), 'a field for a proxy'],
    [withLines('proxy-anything: x'), 'a field for a proxy'],
    [withLines('Close: x'), 'a field that Connection: close would name'],
    [withLines('Connection:'), 'an empty option'],
    [withLines('Connection: upgrade'), 'another option'],
    [withLines('Connection: keep-alive, close'), 'two options'],
    [withLines('Connection: close', 'Connection: close'), 'Connection twice'],
    [withLines('Connection: closed'), 'another option'],
    [withLines('Content-Type: a', 'Content-Type: b'), 'the type twice'],
    [withLines('Authorization: a', 'Authorization: b'), 'credentials twice'],
    [withLines('Cookie: a', 'cookie: b'), 'Cookie twice'],
    [withLines('Forwarded: for=a', 'Forwarded: for=b'), 'a field of the rules twice'],
    [withLines('X-Forwarded-For: a', 'x-forwarded-for: b'), 'a field of the rules twice'],
    [withLines(`${'n'.repeat(129)}: v`), 'a name of more than 128 bytes'],
    [withLines(...Array.from({ length: 100 }, (_, i) => `n${i}: v`)), 'more than 100 fields'],
    [withLines(`n: ${'v'.repeat(4096)}`), 'a head that is too large'],
    ['\x16\x03\x01\x02\x00\x01', 'TLS'],
  ])('%j is unsupported: %s', (text) => {
    expect(frame(text).length).toBe(UNSUPPORTED);
  });

  it.each(['', 'G', 'P', 'GET ', 'GET /', 'GET / HTTP/1.1\r', withLines('n: v').slice(0, -1)])(
    '%j is incomplete',
    (text) => {
      expect(frame(text).length).toBe(INCOMPLETE);
    },
  );

  it('may be as large as the limit, and is unsupported once it cannot be complete within it', () => {
    const text = withLines('n: v');
    const bytes = Buffer.from(`${text}body`);
    const exact = new RequestHead(names, { maxHeadBytes: text.length, maxTargetBytes: text.length, maxFields: 9 });
    expect(exact.frame(bytes, 0, bytes.length)).toBe(text.length);
    const smaller = new RequestHead(names, {
      maxHeadBytes: text.length - 1,
      maxTargetBytes: text.length - 1,
      maxFields: 9,
    });
    expect(smaller.frame(bytes, 0, bytes.length)).toBe(UNSUPPORTED);
    expect(smaller.frame(bytes, 0, text.length - 2)).toBe(INCOMPLETE);
    expect(smaller.frame(bytes, 0, text.length - 1)).toBe(UNSUPPORTED);
  });
});

describe('field names', () => {
  it('are known in any case, and have distinct numbers', () => {
    const all = ['host', 'connection', 'content-length', 'via', 'forwarded', 'compute', 'user-agent', 'te'];
    const numbers = all.map((name) => names.numberOf(name.toUpperCase()));
    expect(new Set(numbers).size).toBe(all.length);
    for (const [i, name] of all.entries()) {
      expect(names.find(Buffer.from(name.toUpperCase()), 0, name.length)).toBe(numbers[i]);
    }
    for (const name of ['hos', 'hostt', 'hast', 'x', 'proxx-a']) {
      expect(names.find(Buffer.from(name), 0, name.length)).toBe(0);
    }
  });

  it('must be valid, few enough, and known before rules use them', () => {
    expect(() => new FieldNames(['a b'])).toThrow(RangeError);
    expect(() => new FieldNames([''])).toThrow(RangeError);
    expect(() => new FieldNames(Array.from({ length: 256 }, (_, i) => `n${i}`))).toThrow('at most 255');
    expect(() => new ForwardingRule(names, ['x-unheard-of'])).toThrow('unknown field name "x-unheard-of"');
  });
});
