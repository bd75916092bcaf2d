// Mistakes in routes and error pages, and what is said of each.
import { describe, expect, it } from 'vitest';
import { aRouteOf, saidOf } from '../traffic.fixture.js';

describe('matches', () => {
  const NO_REGULAR_EXPRESSION =
    'must not be a regular expression: in a path, :name stands for one segment, and *rest at the end for all that follow';
  const match = (fields: string) => aRouteOf(`pool: default, match: {${fields}}`);

  it.each([
    ['^/api', NO_REGULAR_EXPRESSION],
    ['~ /api', NO_REGULAR_EXPRESSION],
    ['/api/.*', NO_REGULAR_EXPRESSION],
    ['/(a|b)', NO_REGULAR_EXPRESSION],
    ['/[0-9]', NO_REGULAR_EXPRESSION],
    ['/a/:id(1)', NO_REGULAR_EXPRESSION],
    ['/a$', NO_REGULAR_EXPRESSION],
    ['/a?', NO_REGULAR_EXPRESSION],
    ['/a?b=c', 'must be a path without "?" and "#"; parameters are matched with query:'],
    ['api', 'must begin with /'],
    ['*', 'must begin with /'],
    ['/a b', 'must be written as it arrives: printable ASCII without spaces, anything else percent-encoded'],
    ['/ä', 'must be written as it arrives: printable ASCII without spaces, anything else percent-encoded'],
    ['/a*', 'must have "*" only as /* or /*rest at its end'],
    ['/*/b', 'must have "*" only as /* or /*rest at its end'],
    ['/*rest/b', 'must have "*" only as /* or /*rest at its end'],
    ['/:/b', 'must name what stands for a segment: ":" and then letters, digits or "_", such as :id'],
    ['/:id/*', 'must end in *rest instead of *, since it is a pattern'],
  ])('of the path %s', (path, message) => {
    expect(saidOf(match(`path: '${path}'`))).toEqual([
      `1:41: routes[0].match.path ${message}, got ${JSON.stringify(path)}`,
    ]);
  });

  it.each([
    ['path: 5', expect.stringMatching(/^1:41: routes\[0\].match.path must be a path such as \/login, .*, got 5$/)],
    ['path: {}', '1:41: routes[0].match.path must have exactly one of exact, prefix, pattern, got a mapping'],
    [
      'path: {exact: /a, prefix: /b}',
      '1:41: routes[0].match.path must have exactly one of exact, prefix, pattern, got a mapping',
    ],
    [
      'path: {exct: /a}',
      '1:42: routes[0].match.path.exct is unknown (did you mean "exact"?); allowed: exact, prefix, pattern',
    ],
    [
      'path: {prefix: /a/*}',
      '1:50: routes[0].match.path.prefix must be written without /*: a prefix path is compared as it is, got "/a/*"',
    ],
    ['path: {exact: /a/.*}', `1:49: routes[0].match.path.exact ${NO_REGULAR_EXPRESSION}, got "/a/.*"`],
    [
      'path: {pattern: "/a/:1"}',
      '1:51: routes[0].match.path.pattern must name what stands for a segment: ":" and then letters, digits or "_", such as :id, got "/a/:1"',
    ],
    [
      'host: a:80',
      '1:41: routes[0].match.host must be a host name without scheme, port and path: they do not count when a route is matched, got "a:80"',
    ],
    [
      'host: "http://a"',
      '1:41: routes[0].match.host must be a host name without scheme, port and path: they do not count when a route is matched, got "http://a"',
    ],
    [
      'host: "*"',
      '1:41: routes[0].match.host must be a host name such as example.com, or *.example.com for all names below it; without a host, a route matches all, got "*"',
    ],
    [
      'host: a.*',
      '1:41: routes[0].match.host must not be a regular expression: *.example.com stands for all names below example.com, got "a.*"',
    ],
    [
      'host: a..b',
      '1:41: routes[0].match.host must be a host name such as example.com, or *.example.com for all names below it, got "a..b"',
    ],
    [
      'host: "~^a"',
      '1:41: routes[0].match.host must not be a regular expression: *.example.com stands for all names below example.com, got "~^a"',
    ],
    [
      'host: bücher.example',
      '1:41: routes[0].match.host must be in the form that arrives: xn--bcher-kva.example, got "bücher.example"',
    ],
    ['hosts: [a.example, b, A.example]', '1:57: routes[0].match.hosts[2] must be in the list once, got "a.example"'],
    ['host: a, hosts: [b]', '1:35: routes[0].match.host must be left out with hosts: add it to the list'],
    ['method: get', '1:43: routes[0].match.method must be a method in capitals, such as GET, got "get"'],
    ['methods: [GET, GET]', '1:50: routes[0].match.methods[1] must be in the list once, got "GET"'],
    ['headers: {a: }', '1:48: routes[0].match.headers.a must be a text; "*" stands for any value, got null'],
    ['headers: {"a b": 1}', '1:45: routes[0].match.headers."a b" must be the name of a header field, got "a b"'],
    [
      'headers: [a]',
      '1:44: routes[0].match.headers must be a mapping of names to values, such as {x-canary: on}, got a list',
    ],
  ])('%s', (fields, problem) => {
    expect(saidOf(match(fields))).toEqual([problem]);
  });
});

describe('actions', () => {
  const prefix = (fields: string) => aRouteOf(`match: {path: /a/*}, ${fields}`);
  const NO_PREFIX = 'needs a prefix to replace: match.path must be one, such as /api/*';

  it.each([
    [aRouteOf(''), '1:10: routes[0] must have exactly one of pool, pools, redirect, respond; it has none'],
    [
      aRouteOf('pool: default, respond: {status: 200}'),
      '1:10: routes[0] must have exactly one of pool, pools, redirect, respond; it has pool, respond',
    ],
    [
      aRouteOf('pools: [{pool: default, weight: 0}]'),
      '1:19: routes[0].pools must have a weight above 0: they add up to nothing, so no pool would get a request',
    ],
    [
      aRouteOf('pools: [{pool: default, weight: -1}]'),
      '1:44: routes[0].pools[0].weight must be a number from 0 to 1000000, got -1',
    ],
    [
      aRouteOf('pools: [{pool: default}]'),
      '1:20: routes[0].pools[0].weight must be a number from 0 to 1000000, and is missing',
    ],
    [
      aRouteOf('pools: [{pool: default, weight: 1}, {pool: default, weight: 1}]'),
      '1:55: routes[0].pools[1].pool must be there once: pools[0] has it too, got "default"',
    ],
    [
      aRouteOf('pool: default, stable: client'),
      '1:35: routes[0].stable needs pools: it keeps a client on one of several',
    ],
    [
      aRouteOf('match: {host: a}, redirect: {host: b}, hold: 5s'),
      '1:51: routes[0].hold must be left out of a route with redirect: no backend serves its requests',
    ],
    [
      aRouteOf('respond: {status: 204, body: a}'),
      '1:41: routes[0].respond.body must be left out: a response 204 has none',
    ],
    [aRouteOf('respond: {}'), '1:21: routes[0].respond.status must be a whole number from 200 to 599, and is missing'],
    [aRouteOf('redirect: {}'), '1:22: routes[0].redirect must say where to: scheme, host, path or replacePrefix'],
    [
      aRouteOf('redirect: {status: 200, host: b}'),
      '1:31: routes[0].redirect.status must be one of 301, 302, 303, 307, 308, got 200',
    ],
    [
      aRouteOf('redirect: {host: "http://b"}'),
      '1:29: routes[0].redirect.host must be a host name such as example.com, with a port if needed: example.com:8443, got "http://b"',
    ],
    [aRouteOf('redirect: {replacePrefix: /b}'), `1:38: routes[0].redirect.replacePrefix ${NO_PREFIX}`],
    [
      prefix('redirect: {path: /b, replacePrefix: /b}'),
      '1:69: routes[0].redirect.replacePrefix must be left out with path, which replaces the whole path',
    ],
    [aRouteOf('pool: default, rewrite: {stripPrefix: true}'), `1:50: routes[0].rewrite.stripPrefix ${NO_PREFIX}`],
    [
      prefix('pool: default, rewrite: {stripPrefix: true, replacePrefix: /b}'),
      '1:92: routes[0].rewrite.replacePrefix must be left out with stripPrefix',
    ],
  ])('%s', (text, ...problems) => {
    expect(saidOf(text)).toEqual(problems);
  });
});

describe('redirects', () => {
  const routes = (...all: string[]) => `routes:\n${all.map((fields) => `  - { ${fields} }\n`).join('')}`;
  const toItself = 'must not lead to itself: the route matches the request that follows';

  it.each([
    [routes('match: {path: /a}, redirect: {path: /a}'), `2:36: routes[0].redirect ${toItself}`],
    [routes('match: {host: a}, redirect: {host: a}'), `2:35: routes[0].redirect ${toItself}`],
    [routes('redirect: {path: /down}'), `2:17: routes[0].redirect ${toItself}`],
    [routes('match: {path: /a/*}, redirect: {replacePrefix: /a/b}'), `2:38: routes[0].redirect ${toItself}`],
    [
      routes('redirect: {scheme: https}'),
      `2:17: routes[0].redirect ${toItself}; to redirect from http to https, set HTTPS_REDIRECT_PORT`,
    ],
    [
      routes(
        'name: x, match: {path: /a}, redirect: {path: /b}',
        'name: y, match: {path: "/:any"}, redirect: {path: /a}',
      ),
      '2:45: routes[0].redirect must not lead back: clients would go from x to y and back',
    ],
    [
      routes(
        'name: x, match: {host: a}, redirect: {host: b}',
        'name: y, match: {host: "*.c"}, pool: default',
        'name: z, redirect: {host: a}',
      ),
      '2:44: routes[0].redirect must not lead back: clients would go from x to z and back',
    ],
  ])('%s', (text, ...problems) => {
    expect(saidOf(text)).toEqual(problems);
  });

  it.each([
    routes('match: {path: /a/*}, redirect: {replacePrefix: /}', 'pool: default'),
    routes('match: {path: /a/*}, redirect: {replacePrefix: /b}', 'match: {path: /b/*}, redirect: {replacePrefix: /c}'),
    routes('match: {host: a}, redirect: {host: b}'),
    routes('match: {host: a}, redirect: {host: "a:8443"}'),
    routes('match: {host: a, headers: {x: 1}}, redirect: {path: /x}', 'pool: default')
      .replace('/x', '/y')
      .replace('headers: {x: 1}', 'path: /x'),
    routes('match: {path: /x/y}, pool: default', 'match: {path: /x/*}, redirect: {path: /x/y}'),
  ])('that end are allowed: %s', (text) => {
    expect(saidOf(text)).toEqual([]);
  });

  it('are rewrites without end no mistake: a rewritten request is not matched again', () => {
    expect(saidOf(routes('match: {path: /a/*}, pool: default, rewrite: {replacePrefix: /a/b}'))).toEqual([]);
  });
});

describe('header fields', () => {
  const changes = (fields: string) => aRouteOf(`pool: default, ${fields}`);

  it.each([
    [
      'requestHeaders: {set: {Host: a}}',
      '1:50: routes[0].requestHeaders.set.Host must not be changed: use rewrite.host instead',
    ],
    [
      'requestHeaders: {add: {content-length: 1}}',
      '1:50: routes[0].requestHeaders.add.content-length must not be changed: it says where the message ends, and the balancer sets it from the body',
    ],
    [
      'requestHeaders: {remove: [A, Transfer-Encoding]}',
      '1:56: routes[0].requestHeaders.remove[1] must not be changed: it says where the message ends, and the balancer sets it from the body',
    ],
    [
      'responseHeaders: {set: {Connection: close}}',
      '1:51: routes[0].responseHeaders.set.Connection must not be changed: it belongs to one connection, and the balancer sets its own on each side',
    ],
    [
      'requestHeaders: {set: {X-Forwarded-For: a}}',
      '1:50: routes[0].requestHeaders.set.X-Forwarded-For must not be changed: the balancer sets it; TRUSTED_PROXIES says whose are continued',
    ],
    [
      'requestHeaders: {set: {"a b": c}}',
      '1:50: routes[0].requestHeaders.set."a b" must be the name of a header field: letters, digits and "-", no spaces and colons, got "a b"',
    ],
    [
      'requestHeaders: {set: {a: "b\\r\\nc: d"}}',
      '1:53: routes[0].requestHeaders.set.a must be printable ASCII in one line, without spaces at its ends, got "b\\r\\nc: d"',
    ],
    [
      'requestHeaders: {add: {a: [b, " c"]}}',
      '1:57: routes[0].requestHeaders.add.a[1] must be printable ASCII in one line, without spaces at its ends, got " c"',
    ],
    [
      'requestHeaders: {set: {a: {}}}',
      '1:53: routes[0].requestHeaders.set.a must be the value of a header field, got a mapping',
    ],
    [
      'requestHeaders: {set: {x-a: 1, X-A: 2}}',
      '1:58: routes[0].requestHeaders.set.X-A is the same field as x-a: case does not count',
    ],
  ])('%s', (fields, problem) => {
    expect(saidOf(changes(fields))).toEqual([problem]);
  });

  it('of responses may be some that those of requests may not', () => {
    expect(saidOf(changes('responseHeaders: {set: {Host: a, X-Forwarded-For: b}}'))).toEqual([]);
  });
});

describe('error pages', () => {
  const files: Readonly<Record<string, string>> = {
    a: '{{statu}}',
    b: '{"a": {{message}}}',
    c: 'x'.repeat(65_537),
    d: '',
  };
  const readFile = (path: string) => {
    if (files[path] === undefined) throw new Error('there is no such file');
    return files[path];
  };

  it.each([
    ['{status: 200, html: d}', '1:23: errorPages[0].status must be a whole number from 400 to 599, got 200'],
    ['{status: 503}', '1:14: errorPages[0] must have html, json or both'],
    [
      '{status: 503, html: x}',
      '1:34: errorPages[0].html must be a file that can be read: there is no such file, got "x"',
    ],
    [
      '{status: 503, html: a}',
      '1:34: errorPages[0].html must be a file with no other placeholders than {{status}}, {{message}}, {{requestId}}, got "{{statu}}" (did you mean "{{status}}"?)',
    ],
    [
      '{status: 503, json: b}',
      '1:34: errorPages[0].json must be a file with JSON, in which {{message}} and {{requestId}} are in quotes',
    ],
    ['{status: 503, html: c}', '1:34: errorPages[0].html must be a file of at most 65536 characters, got 65537'],
    [
      '{status: 503, html: d}, {status: 503, html: d}',
      '1:47: errorPages[1].status must be there once: errorPages[0] has it too, got 503',
    ],
  ])('%s', (pages, problem) => {
    expect(saidOf(`errorPages: [${pages}]`, readFile)).toEqual([problem]);
  });
});
