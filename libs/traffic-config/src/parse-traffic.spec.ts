import { describe, expect, it } from 'vitest';
import { aTraffic } from './traffic.fixture.js';

const FULL = `
pools:
  default:
  reports:
    policy: maglev
    affinity: cookie:session
    health: { path: /health, statuses: [200-204, 3xx, 404], interval: 5s, timeout: 500ms, rise: 1, fall: 2 }
    outliers:
      consecutive5xx: 3
      consecutiveGatewayErrors: 0
      interval: 1m
      failureRatio: 25%
      latencyFactor: 4.5
      minRequests: 50
      ejection: 1m
      maxEjection: 1h
      maxEjectedRatio: 0.1
    maxInFlightPerBackend: 64
    queue: { maxRequests: 0, timeout: 2s }
    retryBudget: { ratio: 10%, minPerSecond: 0.5 }
    panicThreshold: 0
    slowStart: 0
    stickiness: { cookie: sid, lifetime: 1h, sameSite: strict, path: /app }
    backends:
      - url: http://10.0.0.7/
        resources: { compute: 20, storage: 36 }
        pingPath: /ping
        maxInFlight: 10
        labels: { zone: a }
      - url: https://10.0.0.8:8443/base/
        id: big
    discovery: { name: _http._tcp.api.internal, record: SRV, refresh: 10s, scheme: https }
routes:
  - name: reports
    match:
      hosts: [Example.com, '*.example.org']
      path: /reports/*
      methods: [GET, POST]
      headers: { X-Canary: on, x-any: '*', x-number: 1 }
      query: { Debug: true }
    pools: [{ pool: reports, weight: 95 }, { pool: default, weight: 0.5 }]
    stable: cookie:id
    demand: { compute: 3 }
    timeouts: { attempt: 2s, request: 5s, idle: 2m }
    retries: { maxAttempts: 1 }
    limits: { body: 10MB, rate: 1.5, burst: 3 }
    rewrite: { stripPrefix: true, host: backend.internal:81 }
    requestHeaders: { set: { X-Env: prod }, add: { X-Tag: [a, b] }, remove: Cookie }
    responseHeaders: { remove: [Server, X-Powered-By] }
    mirror: { pool: reports, ratio: 1% }
    hold: 5s
  - match: { host: old.example.com, path: { exact: /a*b } }
    redirect: { status: 308, scheme: https, host: New.example.com:8443, path: /new }
  - match: { path: '/users/:id/*rest', method: GET }
    respond: { status: 503, body: closed, contentType: text/html }
  - match: { path: { prefix: /v1/ } }
    redirect: { replacePrefix: /v2/ }
  - pool: default
`;

describe('a document with every field', () => {
  const traffic = aTraffic(FULL);

  it('has its pools', () => {
    expect(traffic.pools.map(({ name }) => name)).toEqual(['default', 'reports']);
    expect(traffic.pools[1]).toEqual({
      name: 'reports',
      policy: 'maglev',
      affinity: 'cookie:session',
      health: {
        path: '/health',
        statuses: [
          { from: 200, to: 204 },
          { from: 300, to: 399 },
          { from: 404, to: 404 },
        ],
        intervalSeconds: 5,
        timeoutSeconds: 0.5,
        rise: 1,
        fall: 2,
      },
      outliers: {
        consecutive5xx: 3,
        consecutiveGatewayErrors: 0,
        intervalSeconds: 60,
        failureRatio: 0.25,
        latencyFactor: 4.5,
        minRequests: 50,
        ejectionSeconds: 60,
        maxEjectionSeconds: 3600,
        maxEjectedRatio: 0.1,
      },
      maxInFlightPerBackend: 64,
      queue: { maxRequests: 0, timeoutSeconds: 2 },
      retryBudget: { ratio: 0.1, minPerSecond: 0.5 },
      panicThreshold: 0,
      slowStartSeconds: 0,
      stickiness: { cookie: 'sid', lifetimeSeconds: 3600, sameSite: 'strict', path: '/app' },
      backends: [
        {
          id: 'http://10.0.0.7:80',
          url: 'http://10.0.0.7:80',
          resources: { compute: 20, storage: 36 },
          pingPath: '/ping',
          maxInFlight: 10,
          labels: { zone: 'a' },
        },
        {
          id: 'big',
          url: 'https://10.0.0.8:8443/base',
          resources: undefined,
          pingPath: undefined,
          maxInFlight: undefined,
          labels: {},
        },
      ],
      discovery: {
        name: '_http._tcp.api.internal',
        record: 'SRV',
        port: undefined,
        refreshSeconds: 10,
        scheme: 'https',
        resources: undefined,
      },
    });
  });

  it('has its routes', () => {
    expect(traffic.routes.map(({ name }) => name)).toEqual(['reports', 'route-2', 'route-3', 'route-4', 'route-5']);
    expect(traffic.routes[0]).toEqual({
      name: 'reports',
      match: {
        hosts: ['example.com', '*.example.org'],
        path: { kind: 'prefix', path: '/reports' },
        methods: ['GET', 'POST'],
        headers: [
          { name: 'x-canary', value: 'on' },
          { name: 'x-any', value: undefined },
          { name: 'x-number', value: '1' },
        ],
        query: [{ name: 'Debug', value: 'true' }],
      },
      action: {
        kind: 'pools',
        pools: [
          { pool: 'reports', weight: 95 },
          { pool: 'default', weight: 0.5 },
        ],
        stableBy: 'cookie:id',
      },
      demand: { compute: 3 },
      timeouts: { attemptSeconds: 2, requestSeconds: 5, idleSeconds: 120 },
      maxAttempts: 1,
      maxBodyBytes: 10_000_000,
      rate: { requestsPerSecond: 1.5, burst: 3 },
      rewrite: { prefix: { from: '/reports', to: '/' }, host: 'backend.internal:81' },
      requestHeaders: {
        remove: ['cookie'],
        set: [['X-Env', 'prod']],
        add: [
          ['X-Tag', 'a'],
          ['X-Tag', 'b'],
        ],
      },
      responseHeaders: { remove: ['server', 'x-powered-by'], set: [], add: [] },
      mirror: { pool: 'reports', ratio: 0.01 },
      holdSeconds: 5,
    });
    expect(traffic.routes[1]).toMatchObject({
      match: { hosts: ['old.example.com'], path: { kind: 'exact', path: '/a*b' } },
      action: {
        kind: 'redirect',
        status: 308,
        scheme: 'https',
        host: 'new.example.com:8443',
        path: '/new',
        prefix: undefined,
      },
    });
    expect(traffic.routes[2]).toMatchObject({
      match: { path: { kind: 'pattern', path: '/users/:id/*rest' }, methods: ['GET'] },
      action: { kind: 'respond', status: 503, contentType: 'text/html', body: 'closed' },
    });
    expect(traffic.routes[3]).toMatchObject({
      match: { path: { kind: 'prefix', path: '/v1' } },
      action: { kind: 'redirect', status: 307, prefix: '/v2', path: undefined },
    });
  });
});

describe('a document that says little', () => {
  it('has the default pool and one route, as without a file', () => {
    expect(aTraffic('{}')).toMatchObject({
      pools: [{ name: 'default', policy: 'drf', backends: [] }],
      routes: [{ name: 'default', action: { pools: [{ pool: 'default', weight: 1 }] }, maxBodyBytes: Infinity }],
      errorPages: [],
    });
  });

  it('has the default pool behind those that it names', () => {
    expect(aTraffic('pools: {a: {policy: random}}').pools.map(({ name, policy }) => [name, policy])).toEqual([
      ['a', 'random'],
      ['default', 'drf'],
    ]);
  });

  it('limits an attempt by the time of the whole request', () => {
    const [route] = aTraffic('routes: [{pool: default, timeouts: {request: 5s}}]').routes;
    expect(route.timeouts).toEqual({ attemptSeconds: 5, requestSeconds: 5, idleSeconds: 60 });
  });

  it('allows a burst of one second', () => {
    expect(aTraffic('routes: [{pool: default, limits: {rate: 2.5, body: 0}}]').routes[0]).toMatchObject({
      rate: { requestsPerSecond: 2.5, burst: 3 },
      maxBodyBytes: Infinity,
    });
  });
});

describe('the short form of a path', () => {
  it.each([
    ['/login', { kind: 'exact', path: '/login' }],
    ['/login/', { kind: 'exact', path: '/login/' }],
    ['/', { kind: 'exact', path: '/' }],
    ['/*', { kind: 'prefix', path: '/' }],
    ['/api/*', { kind: 'prefix', path: '/api' }],
    ['/a:b', { kind: 'exact', path: '/a:b' }],
    ['/users/:id', { kind: 'pattern', path: '/users/:id' }],
    ['/files/*rest', { kind: 'pattern', path: '/files/*rest' }],
    ['/a.b/c~d/%20', { kind: 'exact', path: '/a.b/c~d/%20' }],
  ])('%s', (path, match) => {
    expect(aTraffic(`routes: [{match: {path: '${path}'}, pool: default}]`).routes[0].match.path).toEqual(match);
  });
});

describe('error pages', () => {
  const files: Readonly<Record<string, string>> = {
    'busy.html': '<h1>{{status}}</h1> {{ message }} {{requestId}}',
    'busy.json': '{"code": {{status}}, "text": "{{message}}"}',
  };
  const options = { readFile: (path: string) => files[path] };

  it('are read', () => {
    const { errorPages } = aTraffic('errorPages: [{status: 503, html: busy.html, json: busy.json}]', options);
    expect(errorPages).toEqual([{ status: 503, html: files['busy.html'], json: files['busy.json'] }]);
  });
});
