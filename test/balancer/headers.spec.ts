import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { lastGet, request } from '../support/http-text.js';
import { metricsOf } from '../support/metrics.js';
import { startBalancer } from '../support/processes.js';
import { sendRaw } from '../support/raw-client.js';
import { httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

describe('headers', () => {
  it('the backend is told who the client is, and what an untrusted client says of it is dropped', async () => {
    const balancer = await startBalancer();
    let seen: IncomingMessage | undefined;
    const { port } = await httpUpstream((request, response) => {
      seen = request;
      response.end();
    });
    await join(balancer, 'a', port);
    await sendRaw(
      balancer.port,
      'GET /path?q=1 HTTP/1.1\r\nHost: example.org:80\r\nConnection: close, X-Private\r\nX-Private: secret\r\n' +
        'X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nForwarded: for=6.6.6.6\r\nCompute: 999\r\nStorage: 999\r\n' +
        'Fairlead-Demand: compute=9\r\nKeep-Alive: x\r\nTE: trailers, gzip\r\nProxy-Authorization: Basic x\r\nVia: 1.1 before\r\n' +
        'X-Kept: 1\r\nX-Kept: 2\r\n\r\n',
    );
    expect(seen?.url).toBe('/path?q=1');
    expect(seen?.headers).toMatchObject({
      host: 'example.org:80',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'example.org:80',
      forwarded: 'for=127.0.0.1;host="example.org:80";proto=http',
      'x-kept': '1, 2',
      te: 'trailers',
      compute: '1',
      storage: '1',
      'fairlead-demand': 'compute=1, storage=1',
    });
    expect(seen?.headers.via).toMatch(/^1\.1 before, 1\.1 fairlead-[0-9a-f]{8}$/);
    expect(seen?.rawHeaders).toContain('X-Kept');
    for (const gone of ['x-private', 'keep-alive', 'proxy-authorization'])
      expect(seen?.headers).not.toHaveProperty(gone);
  });

  it('what a trusted proxy says of earlier hops is continued, and the demand that a client declares is used', async () => {
    const balancer = await startBalancer({ TRUSTED_PROXIES: 'loopback', DEMAND_CLIENTS: 'loopback' });
    let seen: IncomingMessage | undefined;
    const { port } = await httpUpstream((request, response) => {
      seen = request;
      response.end();
    });
    await join(balancer, 'a', port);
    await sendRaw(
      balancer.port,
      lastGet(
        '/',
        'X-Forwarded-For: 10.1.1.1',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Host: front',
        'Forwarded: for=10.1.1.1',
        'Compute: 3',
        'Storage: 1.5',
      ),
    );
    expect(seen?.headers).toMatchObject({
      'x-forwarded-for': '10.1.1.1, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'front',
      forwarded: 'for=10.1.1.1, for=127.0.0.1;host=example.org;proto=http',
      compute: '3',
      storage: '2',
      'fairlead-demand': 'compute=3, storage=1.5',
    });
    expect((await metricsOf(balancer)).backends[0].totals).toEqual({ compute: 3, storage: 1.5 });
    for (const [header, problem] of [
      ['Compute: lots', 'must be a number'],
      ['Compute: -1', 'must be a number'],
      ['Fairlead-Demand: gpu', 'must look like'],
      ['Fairlead-Demand: gpu=1', "is unknown; this fleet's resources are compute, storage"],
      ['Fairlead-Demand: compute=1e9', 'must be a number'],
    ]) {
      const text = await sendRaw(balancer.port, lastGet('/', header));
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text).toContain(problem);
    }
  });

  it('what clients may not say is dropped, and from a trusted proxy what others may not', async () => {
    const balancer = await startBalancer({ TRUSTED_PROXIES: '127.0.0.2' });
    let seen: string[] = [];
    const server = await httpUpstream(({ rawHeaders }, response) => {
      seen = rawHeaders;
      response.end();
    });
    server.on('upgrade', ({ rawHeaders }, socket) => {
      seen = rawHeaders;
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
    });
    await join(balancer, 'a', server.port);
    const claims = ['X-Forwarded-Port', 'X-FORWARDED-Server', 'x-forwarded-ssl', 'X-Real-IP', 'True-Client-IP'];
    const forbidden = ['X-Original-URL', 'X-Rewrite-URL', 'Fairlead-Secret', 'fairlead-placement'];
    const ambiguous = ['X_Real_IP', 'Content_Length', '_'];
    const lines = [...claims, ...forbidden, ...ambiguous, 'X-Kept'].map((name) => `${name}: claimed`);
    for (const lane of [[], ['TE: trailers'], ['Connection: Upgrade', 'Upgrade: other']]) {
      for (const [from, expected] of [
        ['127.0.0.1', ['X-Kept']],
        ['127.0.0.2', [...claims, 'X-Kept']],
      ] as const) {
        const text = request('GET', '/', [...lane, ...lines]).replace('Upgrade\r\n', 'Upgrade, close\r\n');
        await sendRaw(
          balancer.port,
          lane.length === 2 ? text : text.replace('\r\n', '\r\nConnection: close\r\n'),
          from,
        );
        expect(seen.filter((_, i) => seen[i + 1] === 'claimed')).toEqual(expected);
      }
    }
  });

  it('UNDERSCORE_HEADERS says what becomes of names with "_"', async () => {
    for (const [rule, status, names] of [
      ['reject', 400, []],
      ['allow', 200, ['X_A', 'X-B']],
    ] as const) {
      const balancer = await startBalancer({ UNDERSCORE_HEADERS: rule });
      let seen: string[] = [];
      const { port } = await httpUpstream(({ rawHeaders }, response) => {
        seen = rawHeaders;
        response.end();
      });
      await join(balancer, 'a', port);
      for (const more of [[], ['TE: trailers']]) {
        seen = [];
        const text = await sendRaw(balancer.port, lastGet('/', 'X_A: a', 'X-B: a', ...more));
        expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
        expect(seen.filter((_, i) => seen[i + 1] === 'a')).toEqual(names);
        if (rule === 'reject') expect(text).toContain('must not have \\"_\\", got \\"X_A\\"');
        expect(await sendRaw(balancer.port, lastGet('/', 'X-B: _'))).toMatch(/^HTTP\/1\.1 200 /);
      }
    }
  });

  it("a response's hop-by-hop headers and cost report are removed, and the rest stays in order", async () => {
    const balancer = await startBalancer();
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', () =>
        socket.write(
          'HTTP/1.1 200 Fine\r\nSet-Cookie: a=1\r\nX-Hop: 1\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=99\r\n' +
            'endpoint-load-metrics: JSON {"request_cost":{"compute":1}}\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok',
        ),
      ),
    );
    await join(balancer, 'a', port);
    const text = await sendRaw(balancer.port, lastGet());
    const [head, body] = text.split('\r\n\r\n');
    expect(body).toBe('ok');
    expect(head).toMatch(
      /^HTTP\/1\.1 200 Fine\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\nX-Request-Id: [0-9a-f]{32}\r\nVia: 1\.1 fairlead-/,
    );
    expect(head).toMatch(/\r\nConnection: close/);
    expect(head).not.toMatch(/X-Hop|timeout=99|endpoint-load-metrics/);
  });
});
