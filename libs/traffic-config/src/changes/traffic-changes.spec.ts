import { describe, expect, it } from 'vitest';
import { maskedTraffic } from '../masked.js';
import { aTraffic } from '../traffic.fixture.js';
import { trafficChanges } from './traffic-changes.js';

const changes = (before: string, after: string) => trafficChanges(aTraffic(before), aTraffic(after));

describe('the changes of a pool', () => {
  it.each([
    ['policy: maglev', 'policy drf → maglev'],
    ['health: {interval: 5s}', 'health.interval 100s → 5s'],
    ['health: {statuses: [200, 3xx]}', 'health.statuses 200-299 → 200, 300-399'],
    ['health: {path: /up}', 'health.path none → /up'],
    ['outliers: {failureRatio: 5%}', 'outliers.failureRatio 0.5 → 0.05'],
    ['slowStart: 0', 'slowStart 10s → 0'],
    ['backends: [{url: "http://10.0.0.1"}]', 'backend http://10.0.0.1:80 added'],
  ])('%s', (field, change) => {
    expect(changes('{}', `pools: {default: {${field}}}`)).toEqual([`pool default: ${change}`]);
  });

  it('name its backends', () => {
    const pool = (backends: string) => `pools: {a: {backends: [${backends}]}}`;
    const before = pool('{id: x, url: "http://10.0.0.1"}, {id: y, url: "http://10.0.0.2"}');
    const after = pool('{id: y, url: "http://10.0.0.3", resources: {compute: 2, storage: 1}, labels: {zone: a}}');
    expect(changes(before, after)).toEqual([
      'pool a: backend x removed',
      'pool a: backend y: url http://10.0.0.2:80 → http://10.0.0.3:80',
      'pool a: backend y: resources not declared → compute 2, storage 1',
      'pool a: backend y: labels changed',
    ]);
  });
});

describe('the changes of a route', () => {
  it.each([
    ['pool: default, match: {host: a.example}', 'match.hosts any → a.example'],
    ['pool: default, match: {path: /api/*}', 'match.path any → /api/*'],
    ['pool: default, match: {path: /*}', 'match.path any → /*'],
    ['pool: default, match: {headers: {a: 1}}', 'match.headers changed'],
    ['pools: [{pool: default, weight: 1}], stable: client', 'action pool default → pool default stable by client'],
    [
      'match: {host: a}, redirect: {host: b.example}',
      'match.hosts any → a',
      'action pool default → redirect 307 to b.example',
    ],
    ['redirect: {scheme: https, path: /b, host: a:1}', 'action pool default → redirect 307 to https://a:1/b'],
    ['pool: default, demand: {compute: 3}', 'demand none → compute 3'],
    ['pool: default, limits: {body: 1MB}', 'limits.body none → 1000000'],
    ['pool: default, limits: {rate: 1}', 'limits.rate none → 1', 'limits.burst none → 1'],
    [
      'pool: default, match: {path: /a/*}, rewrite: {stripPrefix: true}',
      'match.path any → /a/*',
      'rewrite.prefix none → /a as /',
    ],
    ['pool: default, requestHeaders: {set: {a: b}}', 'requestHeaders changed'],
    ['pool: default, mirror: {pool: default, ratio: 1%}', 'mirror none → 0.01 to pool default'],
    ['pool: default, hold: 1500ms', 'hold 0 → 1500ms'],
  ])('%s', (field, ...expected) => {
    const route = (fields: string) => `routes: [{name: r, ${fields}}]`;
    expect(changes(route('pool: default'), route(field))).toEqual(expected.map((change) => `route r: ${change}`));
  });

  it('show weights, and no body of a response', () => {
    const before = 'routes: [{name: r, pools: [{pool: default, weight: 1}, {pool: b, weight: 2}]}]\npools: {b: }';
    const after = 'routes: [{name: r, respond: {status: 503, body: secret}}]\npools: {b: }';
    expect(changes(before, after)).toEqual([
      'route r: action pools default 1, b 2 → respond 503',
      'route r: respond.body changed',
    ]);
  });
});

describe('the changes of a file', () => {
  it('name what is new, gone, and in another order', () => {
    const before = 'pools: {a: , b: }\nroutes: [{name: x, pool: a}, {name: y, pool: a}, {name: z, pool: a}]';
    const after = 'pools: {a: , c: }\nroutes: [{name: y, pool: a}, {name: w, pool: c}, {name: x, pool: a}]';
    expect(changes(before, after)).toEqual([
      'pool b removed',
      'pool c added',
      'route z removed',
      'route w added',
      'routes are tried in another order',
    ]);
  });

  it('name error pages', () => {
    const page = (status: number, text: string) => ({ status, html: text, json: undefined });
    const [before, after] = [aTraffic('{}'), aTraffic('{}')];
    expect(
      trafficChanges(
        { ...before, errorPages: [page(502, 'a'), page(503, 'a')] },
        { ...after, errorPages: [page(503, 'b'), page(504, 'a')] },
      ),
    ).toEqual(['error page 502 removed', 'error page 503: html changed', 'error page 504 added']);
  });

  it('are none between a configuration and itself, also when one was sent as JSON', () => {
    const text = `
pools: { a: { backends: [{ url: http://10.0.0.1 }], stickiness: {} } }
routes: [{ pool: a, requestHeaders: { set: { a: 'x-\${SECRET}' } }, limits: { rate: 1 } }, { redirect: { host: b } }]
`;
    const environment = { SECRET: 'hidden' };
    const masked = maskedTraffic(aTraffic(text, { environment }), new Set(['hidden']));
    const sent = JSON.parse(JSON.stringify(masked)) as typeof masked;
    expect(JSON.stringify(sent)).not.toContain('hidden');
    expect(trafficChanges(sent, masked)).toEqual([]);
    expect(trafficChanges(masked, sent)).toEqual([]);
  });
});
