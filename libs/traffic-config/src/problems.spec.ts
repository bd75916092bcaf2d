// Documents with mistakes, and what is said of each. Those of routes: build/routes.spec.ts.
import { describe, expect, it } from 'vitest';
import { aPoolOf, aRouteOf, saidOf } from './traffic.fixture.js';

describe('a document that cannot be read', () => {
  it.each([
    ['', '1:1: the file is empty; one that leaves all at its defaults is written {}'],
    ['# nothing\n', '1:1: the file is empty; one that leaves all at its defaults is written {}'],
    [
      'routes: [',
      '1:10: the file is not valid: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['pools:\n\ta: b', '2:1: the file is not valid: Tabs are not allowed as indentation'],
    ['a: {}\n---\nb: {}', '2:1: the file is not valid: a second document begins here'],
    ['pools: !!js/function x', '1:8: the file is not valid: Unresolved tag: tag:yaml.org,2002:js/function'],
    ['pools: *base', '1:8: pools must name an anchor above it, got *base'],
    ['pools', '1:1: the file must be a mapping with fields of these: pools, routes, errorPages, got "pools"'],
    ['[a]', '1:1: the file must be a mapping with fields of these: pools, routes, errorPages, got a list'],
    ['? [a]\n: b', '1:3: the file must have a name in front of each colon'],
    ['__proto__: {}', '1:1: the file must have a name in front of each colon'],
  ])('%j', (text, ...problems) => {
    expect(saidOf(text)).toEqual(problems);
  });

  it('is refused before it is parsed when it is too large', () => {
    expect(saidOf(`# ${'x'.repeat(5_000_000)}`)).toEqual(['1:1: the file must have at most 1 MB, got 5.0 MB']);
  });
});

describe('names', () => {
  it.each([
    ['routs: []', '1:1: routs is unknown (did you mean "routes"?); allowed: pools, routes, errorPages'],
    ['pools: {a: , a: }', '1:14: pools.a is there twice, first in line 1'],
    ['pools:\n  a:\n  b:\n  a:\n', '4:3: pools.a is there twice, first in line 2'],
    ['pools: {"a b": }', '1:9: pools."a b" must be 1 to 64 characters: letters, digits and . _ -, got "a b"'],
    [
      aPoolOf('polcy: drf'),
      expect.stringMatching(/^1:15: pools.a.polcy is unknown \(did you mean "policy"\?\); allowed: policy, affinity,/),
    ],
    [
      aPoolOf('policy: drff'),
      expect.stringMatching(/^1:23: pools.a.policy must be one of drf, .*, got "drff" \(did you mean "drf"\?\)$/),
    ],
    [
      aRouteOf('pool: defalt'),
      '1:18: routes[0].pool must be one of the pools default, got "defalt" (did you mean "default"?)',
    ],
    [
      aRouteOf('pool: default, mirror: {pool: x}'),
      '1:42: routes[0].mirror.pool must be one of the pools default, got "x"',
    ],
    [aRouteOf('pool: default, demand: {cpu: 1}'), '1:36: routes[0].demand.cpu is unknown; allowed: compute, storage'],
    [
      aRouteOf('pool: default, demand: {comput: 1}'),
      '1:36: routes[0].demand.comput is unknown (did you mean "compute"?); allowed: compute, storage',
    ],
    [
      'routes: [{name: x, pool: default}, {name: x, pool: default}]',
      '1:43: routes[1].name must be unique: routes[0] has it too, got "x"',
    ],
    [
      'routes: [{name: route-2, pool: default}, {pool: default}]',
      '1:17: routes[0].name must be unique: routes[1] has it too, got "route-2"',
    ],
  ])('%s', (text, ...problems) => {
    expect(saidOf(text)).toEqual(problems);
  });
});

describe('values', () => {
  it.each([
    ['routes: []', '1:9: routes must be a list of routes, at least 1, got an empty list'],
    ['routes: {}', '1:9: routes must be a list of routes, at least 1, got a mapping'],
    [
      'pools: []',
      '1:8: pools must be a mapping of names to pools, such as {reports: {policy: maglev}}, got an empty list',
    ],
    [
      aPoolOf('health: {interval: 5}'),
      '1:34: pools.a.health.interval must be a duration from 100ms to 24h, such as 100ms, 5s, 2m or 1h, got 5',
    ],
    [
      aPoolOf('health: {interval: 1ms}'),
      '1:34: pools.a.health.interval must be a duration from 100ms to 24h, such as 100ms, 5s, 2m or 1h, got "1ms"',
    ],
    [
      aPoolOf('slowStart: 2h'),
      '1:26: pools.a.slowStart must be a duration from 0 to 1h, such as 100ms, 5s, 2m or 1h, got "2h"',
    ],
    [
      aPoolOf('health: '),
      expect.stringMatching(/^1:24: pools.a.health must be a mapping with fields of these: path, .*, got null$/),
    ],
    [
      aPoolOf('health: {statuses: 99}'),
      '1:34: pools.a.health.statuses must be a status such as 200, a range such as 200-299 or 2xx, or a list of them, got 99',
    ],
    [
      aPoolOf('health: {statuses: [200, 6xx]}'),
      '1:40: pools.a.health.statuses[1] must be a status such as 200, a range such as 200-299 or 2xx, or a list of them, got "6xx"',
    ],
    [
      aPoolOf('health: {statuses: 299-200}'),
      '1:34: pools.a.health.statuses must be a status such as 200, a range such as 200-299 or 2xx, or a list of them, got "299-200"',
    ],
    [aPoolOf('health: {rise: 1.5}'), '1:30: pools.a.health.rise must be a whole number from 1 to 100, got 1.5'],
    [
      aPoolOf('panicThreshold: 101%'),
      '1:31: pools.a.panicThreshold must be a number from 0 to 1, or from 0% to 100%, got "101%"',
    ],
    [
      aPoolOf('panicThreshold: 2'),
      '1:31: pools.a.panicThreshold must be a number from 0 to 1, or from 0% to 100%, got 2',
    ],
    [
      aPoolOf('affinity: header:X'),
      '1:25: pools.a.affinity must be client, path, header:name (in lower case) or cookie:name, got "header:X"',
    ],
    [
      aPoolOf('outliers: {ejection: 10m}'),
      '1:36: pools.a.outliers.ejection must be at most maxEjection (5m), got "10m"',
    ],
    [
      aPoolOf('outliers: {maxEjection: 10s}'),
      '1:39: pools.a.outliers.maxEjection must be at least ejection (30s), got "10s"',
    ],
    [
      aPoolOf('discovery: {name: a..b}'),
      '1:33: pools.a.discovery.name must be a DNS name such as api.internal or _http._tcp.api.internal, got "a..b"',
    ],
    [
      aPoolOf('discovery: {name: a, record: SRV, port: 80}'),
      '1:55: pools.a.discovery.port must be left out with SRV records, which have ports of their own',
    ],
    [
      aRouteOf('pool: default, limits: {body: 10XB}'),
      '1:42: routes[0].limits.body must be a number of bytes, such as 1048576, 10MB or 64KiB; 0: no limit, got "10XB"',
    ],
    [aRouteOf('pool: default, limits: {burst: 5}'), '1:43: routes[0].limits.burst needs rate, which is not set'],
    [
      aRouteOf('pool: default, timeouts: {attempt: 1m}'),
      '1:47: routes[0].timeouts.attempt must be at most request (30s), got "1m"',
    ],
    [
      aRouteOf('pool: default, hold: -1s'),
      '1:33: routes[0].hold must be a duration from 0 to 1h, such as 100ms, 5s, 2m or 1h, got "-1s"',
    ],
  ])('%s', (text, ...problems) => {
    expect(saidOf(text)).toEqual(problems);
  });
});

describe('static backends', () => {
  const backends = (list: string) => aPoolOf(`backends: [${list}]`);
  const URL_FORM = 'must be an http or https URL without credentials, query or fragment, such as http://10.0.0.7:8080';

  it.each([
    [backends('{}'), `1:26: pools.a.backends[0].url ${URL_FORM}, and is missing`],
    [backends('{url: "ftp://x"}'), `1:32: pools.a.backends[0].url ${URL_FORM}, got "ftp://x"`],
    [backends('{url: "http://me:secret@x"}'), `1:32: pools.a.backends[0].url ${URL_FORM}, got "http://***@x"`],
    [
      backends('{url: "http://a"}, {url: "http://a:80/"}'),
      '1:51: pools.a.backends[1].url must differ from that of backends[0] of the same pool, got "http://a:80"',
    ],
    [
      backends('{url: "http://a", id: x}, {url: "http://b", id: x}'),
      '1:74: pools.a.backends[1].id must differ from that of backends[0] of the same pool, got "x"',
    ],
    [
      backends('{url: "http://a", resources: {compute: 1}}'),
      '1:55: pools.a.backends[0].resources must have all resources of the fleet, 0 for what the backend does not have: add storage',
    ],
    [
      backends('{url: "http://a", resources: {compute: 1, storag: 1}}'),
      '1:55: pools.a.backends[0].resources must have all resources of the fleet, 0 for what the backend does not have: add storage',
      '1:68: pools.a.backends[0].resources.storag is unknown (did you mean "storage"?); allowed: compute, storage',
    ],
  ])('%s', (text, ...problems) => {
    expect(saidOf(text)).toEqual(problems);
  });
});

describe('all problems of a document', () => {
  it('are told at once, in the order of the file, also those of parts that depend on each other', () => {
    const text = `
pools:
  a: { policy: nonsense }
  b: { backends: [{ url: http://10.0.0.1 }, { url: http://10.0.0.1 }] }
routes:
  - { pool: c, hold: 5 }
  - { pool: a, match: { host: '\${HOST}', path: '(' } }
  - { pool: d }
other: 1
`;
    expect(saidOf(text).map((problem) => problem.split(/ (must|is|needs) /)[0])).toEqual([
      '3:16: pools.a.policy',
      '4:52: pools.b.backends[1].url',
      '6:13: routes[0].pool',
      '6:22: routes[0].hold',
      '7:31: routes[1].match.host',
      '7:48: routes[1].match.path',
      '8:13: routes[2].pool',
      '9:1: other',
    ]);
  });

  it('are counted beyond a thousand', () => {
    const problems = saidOf(`pools: {${Array.from({ length: 1200 }, (_, i) => `p${i}: 1`).join(', ')}}`);
    expect(problems).toHaveLength(1001);
    expect(problems[1000]).toMatch(/: the file has 200 more problems$/);
  });
});
