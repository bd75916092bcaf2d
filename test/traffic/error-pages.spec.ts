// The bodies of the balancer's own error responses, in every lane: pages of the configuration file.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reload, startWithFile } from '../support/configuration-file.js';
import { get, lastGet, request } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { sendRaw } from '../support/raw-client.js';

const HTML = '<h1>Sorry – {{status}}</h1><p>{{message}}</p><i>{{ requestId }}</i>\n';
const JSON_PAGE = '{"code": {{status}}, "why": "{{message}}", "id": "{{requestId}}"}\n';
const FILE = `errorPages:
  - { status: 503, html: sorry.html, json: sorry.json }
  - { status: 400, html: sorry.html }
`;

/** No backend: each request gets 503. */
const balancer = shared(async (atEnd) => {
  const started = await startWithFile('{}', { TRUSTED_PROXIES: 'loopback' }, atEnd);
  writeFileSync(join(started.folder, 'sorry.html'), HTML);
  writeFileSync(join(started.folder, 'sorry.json'), JSON_PAGE);
  started.write(FILE);
  await reload(started);
  return started;
});

interface Received {
  readonly status: number;
  /** By name in lower case. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
}

async function send(bytes: string): Promise<Received> {
  const text = Buffer.from(await sendRaw(balancer.current.port, bytes), 'latin1').toString();
  const [head, body] = [text.slice(0, text.indexOf('\r\n\r\n')), text.slice(text.indexOf('\r\n\r\n') + 4)];
  const [line, ...lines] = head.split('\r\n');
  const fields = lines.map((field) => [
    field.slice(0, field.indexOf(':')).toLowerCase(),
    field.slice(field.indexOf(':') + 2),
  ]);
  return { status: Number(line.split(' ')[1]), fields: Object.fromEntries(fields) as Record<string, string>, body };
}

const id = 'X-Request-Id: the-id';

/** One request for each lane, all of which fail with 503. */
const LANES: [lane: string, request: (...lines: readonly string[]) => string][] = [
  ['the fast lane', (...lines) => lastGet('/', id, ...lines)],
  [
    'the full lane',
    (...lines) => request('POST', '/', ['Transfer-Encoding: chunked', 'Connection: close', id, ...lines], '0\r\n\r\n'),
  ],
  ['the upgrade lane', (...lines) => get('/', 'Connection: Upgrade', 'Upgrade: websocket', id, ...lines)],
];

describe.each(LANES)('in %s', (_, ask) => {
  it.each([
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
    ['text/*', 'html'],
    ['application/json;q=0.1, text/html;q=0.2', 'html'],
    ['application/json', 'json'],
    ['text/html;q=0.1, */*', 'json'],
    ['*/*', 'json'],
    ['image/png', 'json'],
  ])('a client that accepts %s gets %s', async (accept, kind) => {
    const { status, fields, body } = await send(ask(`Accept: ${accept}`));
    expect([status, fields.vary]).toEqual([503, 'Accept']);
    expect(fields['content-type']).toBe(kind === 'html' ? 'text/html; charset=utf-8' : 'application/json');
    expect(fields['content-length']).toBe(String(Buffer.byteLength(body)));
    expect(fields['retry-after']).toBe('1');
    if (kind === 'html') expect(body).toMatch(/^<h1>Sorry – 503<\/h1><p>[^<]+<\/p><i>the-id<\/i>\n$/);
    else expect(JSON.parse(body)).toEqual({ code: 503, why: expect.any(String) as string, id: 'the-id' });
  });

  it('a client without Accept gets JSON', async () => {
    expect((await send(ask())).body).toMatch(/^\{"code": 503/);
  });
});

it.each(['fast', 'full'])('a response to HEAD has no body, but its length (%s lane)', async (lane) => {
  const lines = [...(lane === 'full' ? ['Expect: 100-continue'] : []), 'Accept: text/html', 'Connection: close', id];
  const { status, fields, body } = await send(request('HEAD', '/', lines));
  expect([status, body]).toEqual([503, '']);
  const { body: page } = await send(lastGet('/', id, 'Accept: text/html'));
  expect(fields['content-length']).toBe(String(Buffer.byteLength(page)));
});

it('bytes that are no request get the page that there is, with everything escaped', async () => {
  const { status, fields, body } = await send('GET / HTTP/1.1\r\nHost : a\r\n\r\n');
  expect([status, fields['content-type'], fields['content-length']]).toEqual([
    400,
    'text/html; charset=utf-8',
    String(Buffer.byteLength(body)),
  ]);
  expect(body).toMatch(/^<h1>Sorry – 400<\/h1><p>a field line must be/);
  const fragment = await send('GET /#a HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(fragment.body).toContain('without a fragment (&quot;#&quot;)');
});

it('where there is only HTML, a client that prefers JSON gets the default', async () => {
  const bad = (accept: string) => send(request('GET', 'ftp://a/', [`Accept: ${accept}`, 'Connection: close']));
  expect((await bad('application/json')).body).toMatch(/^\{"statusCode":400,"error":"Bad Request"/);
  expect((await bad('text/html')).body).toMatch(/^<h1>/);
});

it('errors of other statuses stay as they are', async () => {
  const { status, fields, body } = await send('CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nAccept: text/html\r\n\r\n');
  expect([status, fields.vary, fields['content-type']]).toEqual([405, undefined, 'application/json']);
  expect(JSON.parse(body)).toMatchObject({ statusCode: 405 });
});
