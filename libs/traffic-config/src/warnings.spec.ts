import { describe, expect, it } from 'vitest';
import { aTraffic } from './traffic.fixture.js';
import { trafficWarnings } from './warnings.js';

const warningsOf = (text: string) => trafficWarnings(aTraffic(text));

/** Two routes with these matches. */
const routes = (first: string, second: string) =>
  `routes: [{name: a, match: ${first}, pool: default}, {name: b, match: ${second}, pool: default}]`;

describe('a route that can never match', () => {
  it.each([
    ['{}', '{path: /x}'],
    ['{path: /*}', '{}'],
    ['{path: /api/*}', '{path: /api}'],
    ['{path: /api/*}', '{path: /api/v1/*}'],
    ['{path: /api/*}', '{path: "/api/:id"}'],
    ['{path: "/:a"}', '{path: /x}'],
    ['{path: "/:a/*rest"}', '{path: "/x/:y/*rest"}'],
    ['{path: "/x/*rest"}', '{path: /x/y}'],
    ['{host: "*.example.com"}', '{hosts: [a.example.com, "*.b.example.com"]}'],
    ['{methods: [GET, POST]}', '{method: GET}'],
    ['{method: GET}', '{method: HEAD}'],
    ['{headers: {a: "*"}}', '{headers: {a: 1, b: 2}}'],
    ['{query: {a: 1}}', '{query: {a: 1}, path: /x}'],
  ])('because of one before it: %s hides %s', (first, second) => {
    expect(warningsOf(routes(first, second))).toEqual([
      'route b never matches: route a, which is tried before it, matches all its requests',
    ]);
  });

  it.each([
    ['{path: /x}', '{}'],
    ['{path: /api}', '{path: /api/*}'],
    ['{path: /api/*}', '{path: /apis}'],
    ['{path: "/:a"}', '{path: /}'],
    ['{path: "/:a"}', '{path: /x/y}'],
    ['{path: "/:a"}', '{path: /x/*}'],
    ['{path: "/x/*rest"}', '{path: /x/}'],
    ['{path: "/x/*rest"}', '{path: /x/*}'],
    ['{path: "/a/b/*rest"}', '{path: "/a/*rest"}'],
    ['{host: "*.example.com"}', '{host: example.com}'],
    ['{host: "*.example.com"}', '{}'],
    ['{host: a.example.com}', '{hosts: [a.example.com, b.example.com]}'],
    ['{method: GET}', '{}'],
    ['{method: HEAD}', '{method: GET}'],
    ['{headers: {a: 1}}', '{headers: {a: 2}}'],
    ['{headers: {a: 1}}', '{headers: {a: "*"}}'],
    ['{headers: {a: "*"}}', '{query: {a: 1}}'],
  ])('is told from one that can: %s and %s', (first, second) => {
    expect(warningsOf(routes(first, second))).toEqual([]);
  });
});

describe('warnings', () => {
  it('name pools without routes, and weights of 0', () => {
    const text = `
pools: { a: , b: , c: , d: }
routes:
  - pools: [{ pool: a, weight: 1 }, { pool: b, weight: 0 }]
    mirror: { pool: c }
`;
    expect(warningsOf(text)).toEqual([
      'route route-1 sends nothing to pool b: its weight is 0',
      'pool d gets no requests: no route uses it',
    ]);
  });

  it('name the default pool only if the file gives it backends', () => {
    const to = (pools: string) => `pools: {a: , ${pools}}\nroutes: [{pool: a}]`;
    expect(warningsOf(to('default: '))).toEqual([]);
    expect(warningsOf(to('default: {backends: [{url: "http://10.0.0.1"}]}'))).toEqual([
      'pool default gets no requests: no route uses it',
    ]);
  });

  it('name addresses in several pools', () => {
    const text = `
pools:
  a: { backends: [{ url: http://10.0.0.1 }, { url: http://10.0.0.1/base }], discovery: { name: x.internal } }
  b: { backends: [{ url: http://10.0.0.1:80 }], discovery: { name: x.internal } }
routes: [{ pools: [{ pool: a, weight: 1 }, { pool: b, weight: 1 }] }]
`;
    expect(warningsOf(text)).toEqual([
      'pools a and b both have 10.0.0.1:80: its load is counted apart in each',
      'pools a and b both have x.internal (A): its load is counted apart in each',
    ]);
  });
});
