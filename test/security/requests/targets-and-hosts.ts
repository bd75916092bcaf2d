// Where a request goes: targets in all forms, and Host (RFC 9112 §3.2). Two readers must not see two places.
import { forwarded, forwardedLast, get, head, ownResponse, refused, type Theme } from './case.ts';

const line = (target: string, ...hosts: readonly string[]) =>
  head(`GET ${target} HTTP/1.1`, hosts.length > 0 ? hosts : ['Host: example.org']);

/** Targets that are no path and no http URL. Of the second kind the balancer has a sentence, and serves what follows. */
const NO_TARGETS = ['relative', '?only', 'example.org:80', 'mailto:a@b'];
const NO_HTTP_URLS = ['ftp://other/', 'http://', 'file:///etc/passwd'];

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

const NO_HOSTS = ['a b', 'a/b', 'a@b', 'a,b', 'a"b', 'a\\b', 'a?b', 'a#b', 'a<b>', '[::1', 'h:port', 'h:99999999'];

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
    ...NO_HOSTS.map((host) => refused(`host ${host}`, line('/a', `Host: ${host}`))),
    forwarded('a host of another kind', line('/a', 'Host: a', 'X-Host: b', 'X-Original-URL: /evil'), 'GET /a'),
  ],
];
