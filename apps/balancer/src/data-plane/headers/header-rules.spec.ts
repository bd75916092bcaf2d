import { array, assert, boolean, constantFrom, oneof, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hasPassedThrough,
  hopFields,
  isReasonPhrase,
  removeField,
  requestHeaders,
  responseHeaders,
  sortResponseFields,
  trailerPairs,
  type Hop,
  type ResponseHop,
} from './header-rules.js';
import { RequestFieldFilters } from './request-field-filter.js';

const PSEUDONYM = 'fairlead-1';

/** RFC 9110 §6.6.2, §7.6.1, §7.8, §10.1.4, §11.7; RFC 7540 §3.2.1; Proxy-Connection was never standardized. */
const HOP_BY_HOP = (
  'connection proxy-connection keep-alive te trailer transfer-encoding upgrade http2-settings ' +
  'proxy-authenticate proxy-authorization'
).split(' ');
const FRAMING = ['host', 'content-length', 'content-type', 'content-encoding', 'expect'];
const SET_BY_BALANCER = (
  'x-forwarded-for x-forwarded-proto x-forwarded-host forwarded via ' +
  'compute storage fairlead-demand fairlead-explain'
).split(' ');
const FOR_BALANCER_ALONE = ['endpoint-load-metrics', 'endpoint-load-metrics-bin', 'fairlead-placement'];

const IS_DROPPED = new RequestFieldFilters('allow', true).for({ isProxy: false }).drops;
const HOP = { httpVersion: '1.1', connection: 'keep-alive' };

/** What a backend gets of these headers, without the `Connection` at the end. */
function toBackend(raw: readonly string[]): string[] {
  const sent = requestHeaders(raw, IS_DROPPED, HOP);
  expect(sent.splice(-2)[0]).toBe('Connection');
  return sent;
}

/** What a client gets of these headers, without the `Via` at the end. */
function toClient(raw: readonly string[], hop: Partial<ResponseHop> = {}): string[] {
  const sent = responseHeaders(sortResponseFields(raw), {
    statusCode: 200,
    httpVersion: '1.1',
    pseudonym: PSEUDONYM,
    isChunked: false,
    ...hop,
  });
  expect(sent.splice(-2)).toEqual(['Via', `${hop.httpVersion ?? '1.1'} ${PSEUDONYM}`]);
  return sent;
}

const A_PROXY = { address: '192.0.2.7', isProxy: true };

/** What a backend is sent about where the request of a client has been, by field name. */
function hopOf(fields: Readonly<Record<string, string>>, hop: Partial<Hop> = {}): Record<string, string> {
  const sent = hopFields((name) => fields[name] ?? '', {
    peer: { address: '192.0.2.7', isProxy: false },
    httpVersion: '1.1',
    pseudonym: PSEUDONYM,
    ...hop,
  });
  return Object.fromEntries(pairsOf(sent));
}

function pairsOf(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i], raw[2 * i + 1]]);
}

describe.each([
  ['a request', toBackend],
  ['a response', toClient],
])('the headers of %s', (_what, forwarded) => {
  it('keep order, spelling and repetition', () => {
    const raw = ['Host', 'h', 'x-B', '2', 'X-a', '1', 'X-A', '1', 'Cookie', 'a=1', 'x-b', '', 'Cookie', 'b=2'];
    expect(forwarded(raw)).toEqual(raw);
  });

  it.each(HOP_BY_HOP)('do not include %s', (name) => {
    expect(forwarded(['A', '1', name, 'x', 'B', '2', name.toUpperCase(), 'y'])).toEqual(['A', '1', 'B', '2']);
  });

  it('do not include fields that Connection names, in any spelling, before or after it', () => {
    const raw = ['X-A', '1', 'Connection', 'close, x-a ,X-B', 'x-b', '2', 'X-C', '3', 'X-A', '4', 'x-d', '5'];
    expect(forwarded([...raw, 'connection', 'X-D'])).toEqual(['X-C', '3']);
  });

  it.each(FRAMING)('include %s although Connection names it', (name) => {
    expect(forwarded(['Connection', `${name}, x-a`, name, 'v', 'X-A', '1'])).toEqual([name, 'v']);
  });

  it('may include a field named like the option close', () => {
    expect(forwarded(['Connection', 'close', 'Close', '1'])).toEqual(['Close', '1']);
  });

  it('are not disturbed by empty or odd connection options', () => {
    expect(forwarded(['Connection', ', ,;q=1,"x-a"', 'X-A', '1'])).toEqual(['X-A', '1']);
  });
});

describe('the headers of a request', () => {
  it.each(SET_BY_BALANCER)('do not include %s, which the balancer sets', (name) => {
    expect(toBackend([name, 'forged', 'X-A', '1', name.toUpperCase(), 'forged'])).toEqual(['X-A', '1']);
  });

  it('include what only responses are stripped of', () => {
    const raw = FOR_BALANCER_ALONE.flatMap((name) => [name, '1']);
    expect(toBackend(raw)).toEqual(raw.slice(0, -2));
    expect(raw.at(-2)).toBe('fairlead-placement');
  });

  it('announce trailers only if the body has chunks', () => {
    const chunked = ['Trailer', 'Digest', 'Transfer-Encoding', 'chunked', 'Trailer', 'X-Sum', 'X-A', '1'];
    expect(toBackend(chunked)).toEqual(['X-A', '1', 'Trailer', 'Digest, X-Sum']);
    expect(toBackend(['Trailer', 'Digest', 'Content-Length', '1'])).toEqual(['Content-Length', '1']);
  });

  it.each([
    ['trailers', true],
    ['gzip, Trailers', true],
    ['trailers ,deflate;q=0.5', true],
    ['gzip', false],
    ['xtrailers', false],
    ['trailers-x', false],
    ['', false],
  ])('with TE: %s accept trailers: %s', (te, accepts) => {
    const connection = accepts ? 'keep-alive, TE' : 'keep-alive';
    expect(requestHeaders(['TE', te], IS_DROPPED, HOP)).toEqual([
      ...(accepts ? ['TE', 'trailers'] : []),
      'Connection',
      connection,
    ]);
  });

  it('accept trailers if any of several TE fields does', () => {
    expect(toBackend(['TE', 'gzip', 'te', 'trailers'])).toEqual(['TE', 'trailers']);
  });
});

describe('the headers of a response', () => {
  it.each(FOR_BALANCER_ALONE)('do not include %s, but it is known to have been there', (name) => {
    const fields = sortResponseFields([name.toUpperCase(), '1', 'X-A', '1']);
    expect(fields).toMatchObject({ endToEnd: ['X-A', '1'], hasReport: true });
    expect(sortResponseFields(['X-A', '1']).hasReport).toBe(false);
  });

  it('include what only requests are stripped of', () => {
    const raw = SET_BY_BALANCER.flatMap((name) => [name, '1']);
    expect(toClient(raw)).toEqual(raw);
  });

  it('announce trailers only if the client gets the body in chunks', () => {
    const raw = ['Trailer', 'Digest', 'X-A', '1'];
    expect(toClient(raw, { isChunked: true })).toEqual(['X-A', '1', 'Trailer', 'Digest']);
    expect(toClient(raw, { isChunked: false })).toEqual(['X-A', '1']);
  });

  it('end with Via, after those of other proxies', () => {
    const hop = { statusCode: 200, httpVersion: '1.0', pseudonym: PSEUDONYM, isChunked: false };
    const sent = responseHeaders(sortResponseFields(['Via', '1.1 a', 'X-A', '1']), hop);
    expect(sent).toEqual(['Via', '1.1 a', 'X-A', '1', 'Via', `1.0 ${PSEUDONYM}`]);
  });

  it('are read for this hop: the values of repeated fields are joined', () => {
    const raw = ['Connection', 'close', 'Keep-Alive', 'timeout=5', 'connection', 'x', 'Keep-Alive', 'max=9'];
    const framing = ['Transfer-Encoding', 'gzip', 'TE', 'a', 'Transfer-Encoding', 'chunked', 'Content-Length', '12'];
    expect(sortResponseFields([...raw, ...framing])).toEqual({
      endToEnd: ['Content-Length', '12'],
      connection: 'close, x',
      keepAlive: 'timeout=5, max=9',
      coding: 'gzip, chunked',
      trailer: undefined,
      te: 'a',
      upgrade: undefined,
      length: '12',
      hasReport: false,
    });
  });
});

describe('the fields of a hop', () => {
  it('say who the client is, what host it asked for, and what it passed through', () => {
    expect(hopOf({ host: 'example.org' })).toEqual({
      Via: '1.1 fairlead-1',
      'X-Forwarded-For': '192.0.2.7',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': 'example.org',
      Forwarded: 'for=192.0.2.7;host=example.org;proto=http',
    });
  });

  const claims = {
    host: 'h',
    via: '1.0 a',
    'x-forwarded-for': '10.0.0.1, 10.0.0.2',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'front',
    forwarded: 'for=10.0.0.1;proto=https',
  };

  it('replace what a stranger claims, except Via', () => {
    expect(hopOf(claims)).toEqual({ ...hopOf({ host: 'h' }), Via: '1.0 a, 1.1 fairlead-1' });
  });

  it('continue what a trusted proxy says', () => {
    expect(hopOf(claims, { peer: A_PROXY, httpVersion: '1.0' })).toEqual({
      Via: '1.0 a, 1.0 fairlead-1',
      'X-Forwarded-For': '10.0.0.1, 10.0.0.2, 192.0.2.7',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'front',
      Forwarded: 'for=10.0.0.1;proto=https, for=192.0.2.7;host=h;proto=http',
    });
  });

  it('begin with a trusted proxy that says nothing', () => {
    expect(hopOf({ host: 'h' }, { peer: A_PROXY })).toEqual(hopOf({ host: 'h' }));
  });

  it('leave out the host of a request without one', () => {
    expect(hopOf({})).toEqual({
      Via: '1.1 fairlead-1',
      'X-Forwarded-For': '192.0.2.7',
      'X-Forwarded-Proto': 'http',
      Forwarded: 'for=192.0.2.7;proto=http',
    });
  });

  it('continue the X-Forwarded-Host of a trusted proxy whose request has no Host', () => {
    expect(hopOf({ 'x-forwarded-host': 'front' }, { peer: A_PROXY })['X-Forwarded-Host']).toBe('front');
    expect(hopOf({ 'x-forwarded-host': 'front' })).not.toHaveProperty('X-Forwarded-Host');
  });

  it.each([
    ['192.0.2.7', 'h', 'for=192.0.2.7;host=h;proto=http'],
    ['2001:db8::7', 'h', 'for="[2001:db8::7]";host=h;proto=http'],
    ['192.0.2.7', 'example.org:8080', 'for=192.0.2.7;host="example.org:8080";proto=http'],
    ['192.0.2.7', '[2001:db8::1]', 'for=192.0.2.7;host="[2001:db8::1]";proto=http'],
    ['192.0.2.7', "a_b.!#$%&'*+^`|~-9", "for=192.0.2.7;host=a_b.!#$%&'*+^`|~-9;proto=http"],
    ['192.0.2.7', String.raw`a"b\c`, String.raw`for=192.0.2.7;host="a\"b\\c";proto=http`],
    ['192.0.2.7', 'h;for=evil', 'for=192.0.2.7;host="h;for=evil";proto=http'],
    ['192.0.2.7', 'h, for=evil', 'for=192.0.2.7;host="h, for=evil";proto=http'],
  ])('for %s and %s follow the grammar of Forwarded', (address, host, forwarded) => {
    expect(hopOf({ host }, { peer: { address, isProxy: false } }).Forwarded).toBe(forwarded);
  });
});

describe('a request that has been here before', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['1.1 fairlead-2', false],
    ['1.1 fairlead-1', true],
    ['1.0 a, 1.1 fairlead-1, 1.1 b', true],
    [['1.0 a', '1.1 fairlead-1'], true],
    [['1.0 a', '1.1 b'], false],
  ])('is recognized by its Via: %j, %s', (via, isLoop) => {
    expect(hasPassedThrough(via, PSEUDONYM)).toBe(isLoop);
  });

  it('is recognized by what the balancer itself has sent', () => {
    expect(hasPassedThrough(hopOf({ host: 'h', via: '1.1 a' }).Via, PSEUDONYM)).toBe(true);
  });
});

describe('trailers', () => {
  it('keep order, spelling and repetition', () => {
    expect(trailerPairs(['X-b', '2', 'x-A', '1', 'X-b', ''])).toEqual([
      ['X-b', '2'],
      ['x-A', '1'],
      ['X-b', ''],
    ]);
  });

  it.each([...HOP_BY_HOP, ...FRAMING, ...SET_BY_BALANCER, ...FOR_BALANCER_ALONE])('do not include %s', (name) => {
    expect(trailerPairs([name.toUpperCase(), '1', 'X-A', '2', name, '3'])).toEqual([['X-A', '2']]);
  });
});

describe('removeField', () => {
  it('removes a field by its name in lower case, and never a value', () => {
    const raw = ['X-A', 'host', 'Host', 'h', 'X-B', '2'];
    removeField(raw, 'host');
    expect(raw).toEqual(['X-A', 'host', 'X-B', '2']);
    removeField(raw, 'host');
    expect(raw).toEqual(['X-A', 'host', 'X-B', '2']);
  });
});

describe('isReasonPhrase', () => {
  it.each(['', 'OK', 'Not Found', 'tab\there', 'caf\xe9'])('accepts %j', (phrase) => {
    expect(isReasonPhrase(phrase)).toBe(true);
  });

  it.each(['a\r\nX: 1', 'a\0', '\x7f', '\u0100'])('rejects %j', (phrase) => {
    expect(isReasonPhrase(phrase)).toBe(false);
  });
});

describe('fields that no rule names', () => {
  const named = [...HOP_BY_HOP, ...SET_BY_BALANCER, ...FOR_BALANCER_ALONE];
  const textOf = (characters: string) => string({ unit: constantFrom(...Array.from(characters)), maxLength: 9 });
  // No rule has a name that begins with X- and ends with -e.
  const otherName = textOf('abcXYZ019-_!~').map((text) => `X-${text}-e`);
  const value = textOf('aZ09 ,;="\\\t\x80\xff');
  const namedName = tuple(constantFrom(...named), boolean()).map(([name, isUpper]) => {
    return isUpper ? name.toUpperCase() : name;
  });
  // As the value of Connection these concern none of the other fields.
  const options = array(constantFrom('close', 'keep-alive', 'upgrade', 'te', 'x-gone', ...FRAMING));
  const namedValue = options.map((tokens) => tokens.join(', '));
  const fields = array(oneof(tuple(otherName, value), tuple(namedName, namedValue)), { maxLength: 20 });

  it.each([
    ['requests', toBackend, new Set([...HOP_BY_HOP, ...SET_BY_BALANCER, 'fairlead-placement'])],
    ['responses', toClient, new Set([...HOP_BY_HOP, ...FOR_BALANCER_ALONE])],
  ])('pass unchanged and in order, in %s', (_what, forwarded, dropped) => {
    assert(
      property(fields, (mixed) => {
        // Said again at the end, where they hold for the next hop.
        const sent = pairsOf(forwarded(mixed.flat())).filter(([name]) => name !== 'Trailer' && name !== 'TE');
        expect(sent).toEqual(mixed.filter(([name]) => !dropped.has(name.toLowerCase())));
      }),
    );
  });
});
