// Where a request goes: targets in all forms, and Host (RFC 9112 §3.2). Two readers must not see two places.
import { forwarded, forwardedLast, get, head, ownResponse, refused, type Theme } from './case.ts';

const line = (target: string, ...hosts: readonly string[]) =>
  head(`GET ${target} HTTP/1.1`, hosts.length > 0 ? hosts : ['Host: example.org']);

const optionsOf = (target: string, ...lines: readonly string[]) =>
  head(`OPTIONS ${target} HTTP/1.1`, ['Host: example.org', ...lines]);

/** Targets that are no path and no http URL. Of the second kind the balancer has a sentence, and serves what follows. */
const NO_TARGETS = ['relative', '?only', 'example.org:80', 'mailto:a@b', 'http:/h', 'http:h', 'http://h\\x/'];
const NO_HTTP_URLS = ['ftp://other/', 'ws://other/', 'file:///etc/passwd'];
/** Authorities that are not a host and a port. */
const NO_AUTHORITIES = [
  ['', 'user@h', 'user:secret@h', '@h', 'a,b', 'h:99999', 'h:port', '[::1', '[]', 'h%zz', ':80'],
  ['h@evil', 'h:80@evil'],
].flat();
/** What comes after the authority of an http URL, and what a backend gets of it: the same bytes. */
const PATHS = [
  ['', '/'],
  ['/', '/'],
  ['?q', '/?q'],
  ['?a/b?c', '/?a/b?c'],
  ['/a/../b/./c?d', '/a/../b/./c?d'],
  ['/%7e%2E%2e/%41', '/%7e%2E%2e/%41'],
  ['/a"b|{}\\c', '/a"b|{}\\c'],
  ['//evil.example/a', '//evil.example/a'],
  ['/a:b@c', '/a:b@c'],
] as const;

export const targets: Theme = [
  'targets',
  [
    forwarded('a path and a query', line('/a/b?c=d&e'), 'GET /a/b?c=d&e'),
    forwarded('dots that lead up', line('/../../etc/passwd'), 'GET /../../etc/passwd'),
    forwarded('dots that lead up, encoded', line('/a/%2e%2e/%2e%2e/b'), 'GET /a/%2e%2e/%2e%2e/b'),
    forwarded('an encoded NUL, and an encoded slash', line('/%00%2f'), 'GET /%00%2f'),
    forwarded('an encoded line end', line('/a%0d%0aX:%20y'), 'GET /a%0d%0aX:%20y'),
    forwarded('backslashes', line('/a\\..\\b'), 'GET /a\\..\\b'),
    forwarded('parameters', line('/a;jsessionid=1/b'), 'GET /a;jsessionid=1/b'),
    forwarded('two slashes', line('//evil.example/a'), 'GET //evil.example/a'),
    forwarded('an http URL', line('http://other.example/a?b'), 'GET /a?b'),
    forwarded('an http URL without a path', line('http://other.example'), 'GET /'),
    forwarded('the control plane for a target', line('http://127.0.0.1:9797/api/v1/backends'), 'GET /api/v1/backends'),
    forwarded(
      'the metadata service for a target',
      line('http://169.254.169.254/latest/meta-data'),
      'GET /latest/meta-data',
    ),
    forwardedLast('an http URL in HTTP/1.0', 'GET http://other.example/a HTTP/1.0\r\n\r\n', 'GET /a'),
    ...NO_TARGETS.map((target) => refused(`target ${target}`, line(target))),
    ...PATHS.map(([rest, target]) => forwarded(`http://h${rest}`, line(`http://h${rest}`), `GET ${target}`)),
    forwarded('an https URL', line('https://h/a'), 'GET /a'),
    forwarded('two slashes that are no authority', line('//&:!!$/a'), 'GET //&:!!$/a'),
    ...NO_AUTHORITIES.map((authority) => refused(`http://${authority}/a`, line(`http://${authority}/a`))),
    forwarded('OPTIONS of an http URL without a path', optionsOf('http://h'), 'OPTIONS *'),
    forwarded('OPTIONS of an http URL with a path', optionsOf('http://h/'), 'OPTIONS /'),
    forwarded('OPTIONS of an http URL with a query', optionsOf('http://h?q'), 'OPTIONS /?q'),
    ownResponse('OPTIONS that may not be forwarded', optionsOf('/a', 'Max-Forwards: 0'), 204),
    forwarded('OPTIONS that may be forwarded', optionsOf('/a', 'Max-Forwards: 1'), 'OPTIONS /a'),
    forwarded('GET that would not be forwarded', get('/a', 'Max-Forwards: 0'), 'GET /a'),
    ...['', '-1', 'x', '1, 2', '+1', '1.0'].map((forwards) =>
      ownResponse(`OPTIONS with Max-Forwards: ${forwards}`, optionsOf('/a', `Max-Forwards: ${forwards}`), 400),
    ),
    ownResponse('OPTIONS with two Max-Forwards', optionsOf('/a', 'Max-Forwards: 0', 'Max-Forwards: 5'), 400),
    ...NO_HTTP_URLS.map((target) => ownResponse(`target ${target}`, line(target), 400)),
    refused('no target', line('')),
    refused('a space in the target', line('/a b')),
    refused('a tab in the target', line('/a\tb')),
    refused('a NUL in the target', line('/a\0b')),
    refused('a control character in the target', line('/a\x01b')),
    refused('a DEL in the target', line('/a\x7fb')),
    ownResponse('an asterisk with GET', line('*'), 400),
  ],
];

const NO_HOSTS = [
  ['a b', 'a/b', 'a@b', 'a,b', 'a"b', 'a\\b', 'a?b', 'a#b', '<x>', 'a;b', "a'b", 'a\xe4', '\xe4', 'a%', 'a%zz', ':80'],
  [
    'h:port',
    'h:65536',
    'h:99999',
    'h:99999999',
    'h:80:80',
    '[::1',
    '[::1]x',
    '[]',
    '[:]',
    '[h]',
    '[v1.a]',
    '[::1%25lo]',
  ],
].flat();
const HOSTS = ['a_b', 'a~b', 'a%20b', 'h:', 'h:0', 'h:65535', '10.0.0.1', '[::1]', '[::ffff:10.0.0.1]:80'];

export const hosts: Theme = [
  'hosts',
  [
    forwarded('a host with a port', get('/a').replace('example.org', 'example.org:8080'), 'GET /a'),
    forwarded('an IPv6 host', line('/a', 'Host: [::1]:80'), 'GET /a'),
    forwarded('an empty host', line('/a', 'Host:'), 'GET /a'),
    forwardedLast('HTTP/1.0 without a host', 'GET /a HTTP/1.0\r\n\r\n', 'GET /a'),
    refused('no host', 'GET /a HTTP/1.1\r\n\r\n'),
    refused('two hosts', line('/a', 'Host: a', 'Host: b')),
    refused('the same host twice', line('/a', 'Host: a', 'host: a')),
    refused('two hosts beside an http URL', line('http://c/a', 'Host: a', 'Host: b')),
    refused('two hosts in HTTP/1.0', head('GET /a HTTP/1.0', ['Host: a', 'Host: b'])),
    refused('a host with a space before the colon', line('/a', 'Host : a', 'Host: b')),
    refused('a second host in a fold', line('/a', 'Host: a', ' Host: b')),
    refused('a second host after a bare line feed', line('/a', 'Host: a\nHost: b')),
    ...HOSTS.map((host) => forwarded(`host ${host}`, line('/a', `Host: ${host}`), 'GET /a')),
    ...NO_HOSTS.map((host) => refused(`host ${host}`, line('/a', `Host: ${host}`))),
    forwarded('a host of another kind', line('/a', 'Host: a', 'X-Host: b', 'X-Original-URL: /evil'), 'GET /a'),
  ],
];
