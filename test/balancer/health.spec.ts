import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { backendIn, startBalancer, until, type Balancer } from '../support/processes.js';
import { httpUpstream, join, register, tcpUpstream } from '../support/upstreams.js';

/** The changes of state in the log, with their reasons: readers of the API need the token to see all of those. */
function changesLogged({ process }: Balancer): string[] {
  const changes = process.lines.map(({ msg = '' }) => /^\S+: \S+ → (\S+) \((.*)\)(?: by \S+)?$/.exec(msg));
  return changes.flatMap((change) => (change ? `${change[1]}: ${change[2]}` : []));
}

describe('ping-acks', () => {
  it('a backend is taken out of traffic when its pings fail, and back when they succeed', async () => {
    const balancer = await startBalancer({
      PING_ACK_INTERVAL_SECONDS: '0.1',
      RECHECK_MIN_SECONDS: '0.05',
      PANIC_THRESHOLD: '0',
    });
    let status = 200;
    const { port } = await httpUpstream((request, response) => {
      response.writeHead(request.url === '/health' ? status : 200).end();
    });
    await join(balancer, 'a', port, { pingPath: '/health' });
    status = 500;
    await backendIn(balancer.control, 'a', 'down');
    expect((await fetch(balancer.url)).status).toBe(503);
    status = 200;
    await backendIn(balancer.control, 'a', 'up');
    expect((await fetch(balancer.url)).status).toBe(200);
    await until('its return to be logged', () => changesLogged(balancer).length === 5);
    expect(changesLogged(balancer)).toEqual([
      `joining: registered http://127.0.0.1:${port}`,
      'up: ping: status 200',
      'suspect: ping failed: status 500',
      'down: ping failed: status 500',
      'up: ping: status 200',
    ]);
  });

  it('a redirect, an endless body, a huge body and silence are failed pings', async () => {
    const balancer = await startBalancer({ PING_TIMEOUT_SECONDS: '1' });
    let isTold = false;
    const redirect = await httpUpstream((_, response) => response.writeHead(302, { location: '/ok' }).end());
    const silent = await tcpUpstream(() => {});
    const endless = await httpUpstream((_, response) => {
      response.on('close', () => (isTold = true));
      response.write('on and on');
    });
    const huge = await httpUpstream((_, response) => response.end(Buffer.alloc(10 * 1024 * 1024)));
    const resources = { compute: 1, storage: 1 };
    await register(balancer.control, { id: 'huge', port: huge.port, pingPath: '/', resources });
    await register(balancer.control, { id: 'redirect', port: redirect.port, pingPath: '/', resources });
    await register(balancer.control, { id: 'silent', port: silent.port, pingPath: '/', resources });
    await register(balancer.control, { id: 'endless', port: endless.port, pingPath: '/', resources });
    await backendIn(balancer.control, 'redirect', 'down');
    await backendIn(balancer.control, 'silent', 'down');
    await backendIn(balancer.control, 'endless', 'down');
    await backendIn(balancer.control, 'huge', 'down');
    await until('the endless response to be dropped', () => isTold);
    const downs = () => changesLogged(balancer).filter((change) => change.startsWith('down: '));
    await until('all to be logged', () => downs().length === 4);
    expect(downs().sort()).toEqual([
      'down: ping failed: no response within 1000 ms',
      'down: ping failed: status 302',
      'down: ping failed: the response did not end within 1000 ms',
      'down: ping failed: the response has more than 65536 bytes',
    ]);
  });

  it('a backend that begins to listen after it has registered is found', async () => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((_, response) => response.end());
    const later = createServer((_, response) => response.end('late'));
    later.listen(0, '127.0.0.1');
    await once(later, 'listening');
    const address = later.address() as { port: number };
    later.close();
    await once(later, 'close');
    await join(balancer, 'a', port);
    await register(balancer.control, { id: 'late', port: address.port, resources: { compute: 1, storage: 1 } });
    await backendIn(balancer.control, 'late', 'down');
    const { port: samePort } = address;
    later.listen(samePort, '127.0.0.1');
    await backendIn(balancer.control, 'late', 'up');
    later.close();
    later.closeAllConnections();
  });
});

describe("the balancer's own health", () => {
  it('the balancer is ready while it listens, and degraded without a backend', async () => {
    const balancer = await startBalancer();
    const ready = async () => (await (await fetch(`${balancer.control}/health/ready`)).json()) as object;
    expect((await fetch(`${balancer.control}/health/live`)).status).toBe(200);
    expect(await ready()).toMatchObject({ status: 'ok', info: { fleet: { condition: 'degraded', backendsUp: 0 } } });
    const { port } = await httpUpstream((_, response) => response.end());
    await join(balancer, 'a', port);
    expect(await ready()).toMatchObject({ status: 'ok', info: { fleet: { condition: 'ok', backendsUp: 1 } } });
  });

  it('every route is documented with its responses', async () => {
    const { control } = await startBalancer({ SWAGGER: 'true' });
    const page = await fetch(`${control}/docs`);
    expect(await page.text()).toMatch(/swagger/i);
    const docs = (await (await fetch(`${control}/docs-json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { summary?: string; responses: Record<string, { description: string }> }>>;
      components: { schemas: Record<string, { example?: object }> };
    };
    expect(docs.openapi).toBe('3.1.0');
    expect(Object.keys(docs.paths).sort()).toEqual([
      '/',
      '/api/v1/backends',
      '/api/v1/backends/{id}',
      '/api/v1/backends/{id}/drain',
      '/api/v1/backends/{id}/lease',
      '/api/v1/backends/{id}/resume',
      '/api/v1/cluster',
      '/api/v1/configuration',
      '/api/v1/configuration/check',
      '/api/v1/configuration/reload',
      '/api/v1/demands',
      '/api/v1/events',
      '/api/v1/machines',
      '/api/v1/metrics',
      '/api/v1/placement',
      '/api/v1/placement/explain',
      '/api/v1/pools',
      '/api/v1/requests',
      '/health/live',
      '/health/ready',
      '/metrics',
    ]);
    for (const [path, methods] of Object.entries(docs.paths)) {
      for (const [method, { summary, responses }] of Object.entries(methods)) {
        expect(summary, `${method} ${path}`).toBeTruthy();
        expect(Object.keys(responses).length, `${method} ${path}`).toBeGreaterThan(0);
        for (const [status, { description }] of Object.entries(responses)) {
          expect(description, `${method} ${path} ${status}`).toBeTruthy();
        }
      }
    }
    const open = Object.entries(docs.paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => !('401' in methods[method].responses))
        .map((method) => `${method} ${path}`),
    );
    expect(open.sort()).toEqual(['get /health/live', 'get /health/ready']);
    expect(docs.components.schemas.Registration.example).toMatchObject({ id: 'files-1', port: 8080 });
  });
});
