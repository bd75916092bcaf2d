// Copies of requests for another pool: whole, marked, and never felt by the client.
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { metric, startWithFile } from '../support/configuration-file.js';
import { backendIn, until } from '../support/processes.js';
import { httpUpstream, tcpUpstream } from '../support/upstreams.js';

const url = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}`;
const fileFor = (site: string, shadow: string) => `
pools:
  default: { backends: [{ id: site, url: "${site}" }] }
  shadow: { backends: [{ id: shadow, url: "${shadow}/base" }] }
routes:
  - { pool: default, mirror: { pool: shadow }, requestHeaders: { set: { X-Route: mirrored } } }
`;

describe.each(['on', 'off'])('with FAST_LANE=%s', (FAST_LANE) => {
  it('a request is copied with its body; its client gets the response of the first pool', async () => {
    const copies: { request: IncomingMessage; body: string }[] = [];
    const site = await httpUpstream((request, response) => request.pipe(response));
    const shadow = await httpUpstream((request, response) => {
      let body = '';
      request.on('data', (piece) => (body += String(piece)));
      request.on('end', () => {
        copies.push({ request, body });
        response.writeHead(500).end('of no interest');
      });
    });
    const balancer = await startWithFile(fileFor(url(site), url(shadow)), { FAST_LANE, OUTLIER_CONSECUTIVE_5XX: '1' });
    const ask = (init?: RequestInit) => fetch(`${balancer.url}/path?q=1`, init);
    expect(await (await ask()).text()).toBe('');
    expect(await (await ask({ method: 'POST', body: 'hello' })).text()).toBe('hello');
    const large = 'x'.repeat(200_000);
    expect(await (await ask({ method: 'POST', body: large })).text()).toBe(large);
    await until('two copies', () => copies.length === 2);
    expect(copies.map(({ body }) => body)).toEqual(['', 'hello']);
    for (const { request } of copies) {
      expect(request.url).toBe('/base/path?q=1');
      expect(request.headers).toMatchObject({ 'fairlead-mirror': '1', 'x-route': 'mirrored' });
      expect(request.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    }
    // A body beyond RETRY_BUFFER_BYTES is not copied, and what copies get counts for nothing.
    await until('the counts', async () => {
      const [sent, dropped] = await Promise.all(
        ['sent', 'dropped'].map((outcome) =>
          metric(balancer, `fairlead_mirrored_requests_total{outcome="${outcome}"}`),
        ),
      );
      return sent === '2' && dropped === '1';
    });
    await backendIn(balancer.control, 'shadow', 'up');
  });
});

it('a pool that does not respond, or has no backend, is not felt', async () => {
  const site = await httpUpstream((_, response) => response.end('site'));
  const silent = await tcpUpstream(() => {});
  const { url: client } = await startWithFile(fileFor(url(site), url(silent)));
  for (let i = 0; i < 20; i++) expect(await (await fetch(client)).text()).toBe('site');
  const none = `pools: { shadow: {}, default: { backends: [{ url: "${url(site)}" }] } }
routes: [{ pool: default, mirror: { pool: shadow } }]`;
  const alone = await startWithFile(none);
  expect(await (await fetch(alone.url)).text()).toBe('site');
  await until('a dropped copy', async () => {
    return (await metric(alone, 'fairlead_mirrored_requests_total{outcome="dropped"}')) === '1';
  });
});
