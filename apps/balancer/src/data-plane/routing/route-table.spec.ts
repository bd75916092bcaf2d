import type { PathMatch, RouteMatch } from '@fairlead/traffic-config';
import * as fc from 'fast-check';
import { pathToRegexp } from 'path-to-regexp';
import { describe, expect, it } from 'vitest';
import { aRequest, routesOf } from './route.fixture.js';
import { RouteTable } from './route-table.js';

const prefix = (path: string): PathMatch => ({ kind: 'prefix', path });
const exact = (path: string): PathMatch => ({ kind: 'exact', path });
const pattern = (path: string): PathMatch => ({ kind: 'pattern', path });

function matched(matches: readonly Partial<RouteMatch>[], request: Parameters<typeof aRequest>[0]) {
  return new RouteTable(routesOf(...matches)).match(aRequest(request))?.rank;
}

describe('RouteTable', () => {
  it.each<[path: PathMatch, matching: string[], other: string[]]>([
    [{ kind: 'any' }, ['/', '/a', '*', '/a/b?c'], []],
    [exact('/'), ['/', '/?a'], ['/a', '//']],
    [exact('/a/b'), ['/a/b', '/a/b?c=/d'], ['/a/b/', '/a', '/a/b/c', '/A/b']],
    [exact('/a/'), ['/a/'], ['/a', '/a/b']],
    [prefix('/'), ['/', '/a', '/a/b'], []],
    [prefix('/a'), ['/a', '/a/', '/a/b', '/a?b'], ['/', '/ab', '/b/a']],
    [prefix('/a/b'), ['/a/b', '/a/b/c'], ['/a', '/a/bc']],
    [pattern('/users/:id'), ['/users/1', '/users/1?x'], ['/users/', '/users', '/users/1/', '/users/1/a']],
    [pattern('/users/:id/posts'), ['/users/1/posts'], ['/users//posts', '/users/1']],
    [pattern('/files/*rest'), ['/files/a', '/files/a/b', '/files//'], ['/files', '/files/']],
    [pattern('/:a/x/*rest'), ['/1/x/2', '/x/x/x'], ['/1/x', '/1/y/2']],
  ])('matches the path %j', (path, matching, other) => {
    for (const target of matching) expect([target, matched([{ path }], { target })]).toEqual([target, 0]);
    for (const target of other) expect([target, matched([{ path }], { target })]).toEqual([target, undefined]);
  });

  it('matches hosts by name, and all names below one, without port, case and final dot', () => {
    const matches = [{ hosts: ['a.example.com'] }, { hosts: ['*.example.com', 'example.org'] }, { path: prefix('/x') }];
    const hosts = {
      'a.example.com': 0,
      'A.EXAMPLE.com:8080': 0,
      'b.example.com': 1,
      'c.a.example.com': 1,
      'example.org.': 1,
      'example.com': undefined,
      'a.example.com.evil.org': undefined,
      '': undefined,
    };
    for (const [host, rank] of Object.entries(hosts)) expect([host, matched(matches, { host })]).toEqual([host, rank]);
    expect(matched(matches, { host: 'other.net', target: '/x/y' })).toBe(2);
  });

  it('takes the first of the file among all that match, however exact they are', () => {
    const first = [{ path: prefix('/a') }, { hosts: ['example.com'], path: exact('/a/b') }, {}];
    expect(matched(first, { target: '/a/b' })).toBe(0);
    const second = [{ hosts: ['*.com'] }, { hosts: ['example.com'] }];
    expect(matched(second, {})).toBe(0);
    const third = [{ path: pattern('/:x/b') }, { path: exact('/a/b') }, { path: pattern('/a/*rest') }];
    expect(matched(third, { target: '/a/b' })).toBe(0);
    expect(matched(third, { target: '/a/c' })).toBe(2);
  });

  it('requires methods, fields and parameters', () => {
    const matches = [
      { methods: ['GET'], headers: [{ name: 'x-canary', value: 'yes' }] },
      { methods: ['POST', 'PUT'] },
      { headers: [{ name: 'authorization', value: undefined }] },
      { query: [{ name: 'debug', value: '1' }] },
      { query: [{ name: 'trace', value: undefined }] },
    ];
    expect(matched(matches, { fields: { 'x-canary': 'yes' } })).toBe(0);
    expect(matched(matches, { method: 'HEAD', fields: { 'x-canary': 'yes' } })).toBe(0);
    expect(matched(matches, { fields: { 'x-canary': 'no' } })).toBeUndefined();
    expect(matched(matches, { method: 'PUT' })).toBe(1);
    expect(matched(matches, { fields: { authorization: '' } })).toBe(2);
    expect(matched(matches, { target: '/?a=b&debug=0&debug=1' })).toBe(3);
    expect(matched(matches, { target: '/?debug=2&trace' })).toBe(4);
    expect(matched(matches, {})).toBeUndefined();
  });

  it('believes only trusted proxies what a field says of the client, and reads the subject of a certificate from TLS', () => {
    const matches = [
      { headers: [{ name: 'x-client-cert-subject', value: 'CN=ops' }] },
      { headers: [{ name: 'x-forwarded-proto', value: 'https' }] },
    ];
    const claims = { 'x-client-cert-subject': 'CN=ops', 'x-forwarded-proto': 'https' };
    const address = '192.0.2.1';
    expect(matched(matches, { fields: claims })).toBeUndefined();
    expect(matched(matches, { fields: claims, peer: { address, isProxy: true } })).toBe(0);
    expect(matched(matches, { peer: { address, isProxy: false, certificateSubject: 'CN=ops' } })).toBe(0);
  });

  it('finds in any table the route that a walk through the list finds', () => {
    const segment = fc.constantFrom('a', 'b', 'c', '');
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
    const plain = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 });
    const pathMatch: fc.Arbitrary<PathMatch> = fc.oneof(
      fc.constant<PathMatch>({ kind: 'any' }),
      path.map(exact),
      plain.map((segments) => prefix(`/${segments.join('/')}`)),
      fc
        .tuple(fc.array(fc.constantFrom('a', 'b', ':x'), { minLength: 1, maxLength: 3 }), fc.boolean())
        .map(([segments, hasRest]) => pattern(`/${[...segments, ...(hasRest ? ['*rest'] : [])].join('/')}`)),
    );
    const host = fc.constantFrom('x.org', 'a.x.org', 'b.a.x.org', 'y.org');
    const hosts = fc.uniqueArray(fc.constantFrom('x.org', '*.x.org', 'a.x.org', '*.a.x.org', '*.org'), {
      maxLength: 2,
    });
    const methods = fc.uniqueArray(fc.constantFrom('GET', 'POST'), { maxLength: 1 });
    const match = fc.record({ hosts, path: pathMatch, methods });
    fc.assert(
      fc.property(
        fc.array(match, { maxLength: 12 }),
        fc.array(fc.tuple(host, path), { minLength: 20 }),
        (list, asked) => {
          const table = new RouteTable(routesOf(...list));
          for (const [name, target] of asked) {
            const expected = list.findIndex((each) => isMatch(each, name, target));
            const found = table.match(aRequest({ host: name, target }))?.rank ?? -1;
            expect([name, target, found]).toEqual([name, target, expected]);
          }
        },
      ),
    );
  });
});

/** The rule in its plainest form. */
function isMatch(match: Pick<RouteMatch, 'hosts' | 'path' | 'methods'>, host: string, target: string): boolean {
  const { hosts, path, methods } = match;
  const isHost = (name: string) => (name.startsWith('*') ? host.endsWith(name.slice(1)) : host === name);
  if (hosts.length > 0 && !hosts.some(isHost)) return false;
  if (methods.length > 0 && !methods.includes('GET')) return false;
  if (path.kind === 'any') return true;
  if (path.kind === 'exact') return target === path.path;
  if (path.kind === 'prefix') return path.path === '/' || target === path.path || target.startsWith(`${path.path}/`);
  return pathToRegexp(path.path, { trailing: false, sensitive: true }).regexp.test(target);
}
