import { describe, expect, it } from 'vitest';
import { aRequest } from './route.fixture.js';
import { fixedResponder, redirectResponder, withPrefix } from './responders.js';

const KEPT = { scheme: undefined, host: undefined, path: undefined, prefix: undefined };

function location(
  action: Partial<Parameters<typeof redirectResponder>[0]>,
  request: Parameters<typeof aRequest>[0] & { readonly isSecure?: boolean },
  matchedPrefix?: string,
) {
  const respond = redirectResponder({ kind: 'redirect', status: 308, ...KEPT, ...action }, matchedPrefix);
  return respond(aRequest(request), request.isSecure ?? false).fields.location;
}

describe('redirects', () => {
  it('replace the host, and keep scheme, path and query', () => {
    expect(location({ host: 'new.example.com' }, { target: '/a?b=c' })).toBe('http://new.example.com/a?b=c');
    expect(location({ host: 'new.example.com:81' }, { isSecure: true })).toBe('https://new.example.com:81/');
  });

  it('replace the path or the matched prefix, and keep the query', () => {
    expect(location({ path: '/new' }, { target: '/old?q=1' })).toBe('http://example.com/new?q=1');
    expect(location({ prefix: '/v2' }, { target: '/v1/users?q' }, '/v1')).toBe('http://example.com/v2/users?q');
    expect(location({ prefix: '/' }, { target: '/v1' }, '/v1')).toBe('http://example.com/');
  });

  it('drop the port of a scheme that is changed', () => {
    expect(location({ scheme: 'https' }, { host: 'example.com:5252' })).toBe('https://example.com/');
    expect(location({ scheme: 'http' }, { host: 'example.com:5252' })).toBe('http://example.com:5252/');
  });

  it('name no host that the client did not', () => {
    expect(location({ path: '/new' }, { host: '' })).toBe('/new');
  });
});

describe('fixed responses', () => {
  it('have a type only with a body', () => {
    const action = { kind: 'respond', status: 410, contentType: 'text/html', body: 'gone' } as const;
    expect(fixedResponder(action)(aRequest(), false)).toEqual({
      statusCode: 410,
      fields: { 'content-type': 'text/html' },
      body: 'gone',
    });
    expect(fixedResponder({ ...action, body: '' })(aRequest(), false).fields).toEqual({});
  });
});

describe('withPrefix', () => {
  it.each([
    ['/api/v1?x', '/api', '/', '/v1?x'],
    ['/api', '/api', '/', '/'],
    ['/api?x', '/api', '/', '/?x'],
    ['/api/', '/api', '/v2', '/v2/'],
    ['/api/a', '/api', '/v2/', '/v2/a'],
    ['/a', '/', '/x', '/x/a'],
    ['/api//evil/x', '/api', '/', '/evil/x'],
    ['*', '/', '/x', '*'],
  ])('%s: %s becomes %s', (target, from, to, expected) => {
    expect(withPrefix(target, from, to)).toBe(expected);
  });
});
