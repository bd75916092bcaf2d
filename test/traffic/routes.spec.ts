// Routes: which requests go where, and what is changed on the way, in both lanes.
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startWithFile } from '../support/configuration-file.js';
import { request } from '../support/http-text.js';
import { shared, type AtEnd } from '../support/lifetime.js';
import { until } from '../support/processes.js';
import { sendRaw } from '../support/raw-client.js';
import { httpUpstream } from '../support/upstreams.js';

/** A backend for each pool, which responds with its name and the target it got. */
async function services(atEnd: AtEnd) {
  const seen: IncomingMessage[] = [];
  const serve = (name: string) =>
    httpUpstream((incoming, response) => {
      seen.push(incoming);
      response.setHeader('x-backend', name).setHeader('server', 'secret/1.0').end(`${name} ${incoming.url}`);
    }, atEnd);
  const [site, api] = await Promise.all([serve('site'), serve('api')]);
  const pool = ({ port }: { readonly port: number }) => `{ backends: [{ url: "http://127.0.0.1:${port}" }] }`;
  return { seen, pools: `pools: { default: ${pool(site)}, api: ${pool(api)} }\n` };
}

const ROUTES = `
routes:
  - name: moved
    match: { host: old.example.org }
    redirect: { status: 308, host: new.example.org }
  - name: gone
    match: { path: /gone }
    respond: { status: 410, contentType: text/plain, body: "no longer here\\n" }
    responseHeaders: { set: { Cache-Control: max-age=60 } }
  - name: strict
    match: { path: /strict }
    pool: default
    limits: { body: 10 }
  - name: rated
    match: { path: /rated }
    pool: default
    limits: { rate: 1, burst: 2 }
  - name: named
    match: { path: "/users/:id", method: GET, headers: { x-version: "2" } }
    pool: api
  - name: api
    match: { host: "*.example.org", path: "/api/*" }
    pool: api
    rewrite: { stripPrefix: true, host: internal.example.net }
    requestHeaders: { set: { X-Tenant: shop }, add: { X-Extra: [a, b] }, remove: [Cookie, X-Secret] }
    responseHeaders: { set: { X-Frame-Options: DENY }, remove: server }
  - name: site
    match: { hosts: [www.example.org, example.org] }
    pool: default
`;

describe.each(['on', 'off'])('with FAST_LANE=%s', (FAST_LANE) => {
  const setup = shared(async (atEnd) => {
    const { pools, seen } = await services(atEnd);
    return { balancer: await startWithFile(pools + ROUTES, { FAST_LANE }, atEnd), seen };
  });

  /** Sends a request on a connection of its own, and returns what comes. */
  const send = (target: string, host: string, lines: readonly string[] = [], method = 'GET', body = '') => {
    const head = request(method, target, ['Connection: close', ...lines], body);
    return sendRaw(setup.current.balancer.port, head.replace('Host: example.org', `Host: ${host}`));
  };
  const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
  const lastSeen = () => setup.current.seen.at(-1);

  it('the first route that matches serves a request', async () => {
    expect(await send('/', 'example.org')).toContain('\r\n\r\nsite /');
    expect(await send('/users/7', 'WWW.example.org:80', ['X-Version: 2'])).toContain('\r\n\r\napi /users/7');
    expect(await send('/users/7', 'www.example.org', ['X-Version: 1'])).toContain('\r\n\r\nsite /users/7');
  });

  it('a request that no route matches gets 404, with an id', async () => {
    const text = await send('/', 'unknown.example.net');
    expect(statusOf(text)).toBe(404);
    expect(text).toContain('"message":"no route matches this request"');
    expect(text.toLowerCase()).toContain('\r\nx-request-id: ');
  });

  it('a redirect keeps path and query', async () => {
    const text = await send('/a%20b?c=d', 'old.example.org');
    expect(statusOf(text)).toBe(308);
    expect(text.toLowerCase()).toContain('\r\nlocation: http://new.example.org/a%20b?c=d\r\n');
  });

  it('a fixed response has its status, type and length, and no body for HEAD', async () => {
    const text = await send('/gone', 'any.example.net');
    expect(statusOf(text)).toBe(410);
    expect(text.toLowerCase()).toContain('\r\ncontent-type: text/plain\r\n');
    expect(text.toLowerCase()).toContain('\r\ncache-control: max-age=60\r\n');
    expect(text).toMatch(/content-length: 15\r\n[\s\S]*\r\n\r\nno longer here\n$/i);
    expect(await send('/gone', 'any.example.net', [], 'HEAD')).toMatch(/content-length: 15\r\n[\s\S]*\r\n\r\n$/i);
  });

  it('responses of routes and of backends follow each other on one connection', async () => {
    const each = ['/gone', '/', '/gone', '/'].map((target) => request('GET', target));
    const text = await sendRaw(setup.current.balancer.port, each.join('') + request('GET', '/', ['Connection: close']));
    const parts = text.match(/HTTP\/1\.1 \d{3}|no longer here|site \//g)?.join(', ');
    const [gone, served] = ['HTTP/1.1 410, no longer here', 'HTTP/1.1 200, site /'];
    expect(parts).toBe([gone, served, gone, served, served].join(', '));
  });

  it('path, host and header fields are changed on the way to the backend', async () => {
    const lines = ['Cookie: a=b', 'x-secret: 1', 'X-Tenant: other', 'X-Extra: own', 'X-Kept: yes'];
    expect(await send('/api/v1/items?page=2', 'shop.example.org', lines)).toContain('\r\n\r\napi /v1/items?page=2');
    const { headers, url } = lastSeen() ?? {};
    expect(url).toBe('/v1/items?page=2');
    expect(headers).toMatchObject({
      host: 'internal.example.net',
      'x-tenant': 'shop',
      'x-extra': 'own, a, b',
      'x-kept': 'yes',
      'x-forwarded-host': 'shop.example.org',
    });
    expect(headers).not.toHaveProperty('cookie');
    expect(headers).not.toHaveProperty('x-secret');
    expect(await send('/api', 'shop.example.org')).toContain('\r\n\r\napi /');
    expect(statusOf(await send('/apis', 'shop.example.org'))).toBe(404);
  });

  it('a body follows a head that is changed', async () => {
    const text = await send('/api/echo', 'shop.example.org', ['Content-Length: 5'], 'POST', 'hello');
    expect(text).toContain('\r\n\r\napi /echo');
    expect(lastSeen()).toMatchObject({ method: 'POST', headers: { 'content-length': '5' } });
  });

  it('header fields are changed on the way to the client', async () => {
    const text = await send('/api/a', 'shop.example.org');
    expect(text).toContain('\r\nX-Frame-Options: DENY\r\n');
    expect(text).not.toContain('secret/1.0');
    expect(await send('/', 'example.org')).toContain('\r\nServer: secret/1.0\r\n'.replace('Server', 'server'));
  });

  it('a trailer does not bring back a field that the route removes', async () => {
    const { seen } = setup.current;
    const body = '0\r\nX-Secret: 1\r\nX-Checksum: 2\r\n\r\n';
    const lines = ['Transfer-Encoding: chunked', 'Trailer: X-Secret, X-Checksum'];
    expect(statusOf(await send('/api/upload', 'shop.example.org', lines, 'POST', body))).toBe(200);
    await until('the trailers', () => seen.at(-1)?.complete === true);
    expect(seen.at(-1)?.trailers).toEqual({ 'x-checksum': '2' });
  });

  it('a route limits bodies', async () => {
    expect(statusOf(await send('/strict', 'example.org', ['Content-Length: 11'], 'POST', 'hello world'))).toBe(413);
    expect(statusOf(await send('/strict', 'example.org', ['Content-Length: 5'], 'POST', 'hello'))).toBe(200);
  });

  it('a route limits the rate of one client, and another route does not count', async () => {
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push(statusOf(await send('/rated', 'example.org')));
    expect(statuses.slice(0, 2)).toEqual([200, 200]);
    expect(statuses.at(-1)).toBe(429);
    expect(statusOf(await send('/', 'example.org'))).toBe(200);
  });
});
