// The whole backend over real sockets, without a balancer: it does not need one to serve.
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BackendModule } from './backend.module.js';
import { backendConfig } from './config/backend.config.js';
import { WorkEmulator } from './work/work-emulator.js';

describe('backend', () => {
  let app: INestApplication | undefined;

  afterEach(async () => {
    await app?.close();
  });

  async function aBackend({ workScale = 0 } = {}): Promise<{ url: string; emulator: WorkEmulator }> {
    const settings = {
      ...backendConfig(),
      id: 'disk-1',
      balancerUrls: [new URL('http://127.0.0.1:1')],
      capacity: { compute: 1000, storage: 1000 },
      logLevel: 'silent' as const,
      workScale,
    };
    const testing = await Test.createTestingModule({ imports: [BackendModule] })
      .overrideProvider(backendConfig.KEY)
      .useValue(settings)
      .compile();
    app = testing.createNestApplication({ bodyParser: false, logger: false });
    await app.listen(0, '127.0.0.1');
    return { url: `http://127.0.0.1:${app.getHttpServer().address().port}`, emulator: app.get(WorkEmulator) };
  }

  it('responds to any method and path with a report and its cost', async () => {
    const { url } = await aBackend();
    const response = await fetch(`${url}/some/path?q=1`, {
      method: 'PATCH',
      headers: { compute: '3', storage: '1' },
      body: 'x'.repeat(1_000_000),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('endpoint-load-metrics')).toBe('JSON {"request_cost":{"compute":3,"storage":1}}');
    expect(await response.json()).toMatchObject({
      backend: 'disk-1',
      method: 'PATCH',
      path: '/some/path',
      demand: { compute: 3, storage: 1 },
      totals: { requests: 1, compute: 3, storage: 1 },
    });
  });

  it('works on a job before it responds', async () => {
    const { url, emulator } = await aBackend({ workScale: 1 });
    const [first, second] = await Promise.all([
      fetch(url, { headers: { compute: '20', storage: '20' } }),
      fetch(url, { headers: { storage: '20' } }),
    ]);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(emulator.totals).toEqual({ requests: 2, compute: 20, storage: 40 });
    expect(emulator.jobCount).toBe(0);
  });

  it.each(['compute', 'storage'])('drops the %s work of a client that disconnects', async (resource) => {
    const { url, emulator } = await aBackend({ workScale: 1 });
    const client = httpRequest(url, { method: 'POST', headers: { [resource]: '1000000' } });
    client.on('error', () => undefined);
    client.end();
    await vi.waitFor(() => expect(emulator.jobCount).toBe(1));
    client.destroy();
    await vi.waitFor(() => expect(emulator.jobCount).toBe(0));
    expect(emulator.totals.requests).toBe(0);
    expect((await fetch(url)).status).toBe(200);
  });

  it('serves a page to browsers, at / only', async () => {
    const { url } = await aBackend();
    const browser = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };
    const page = await fetch(url, browser);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('<h1>disk-1</h1>');
    expect(await (await fetch(`${url}/other`, browser)).json()).toMatchObject({ path: '/other' });
    expect(await (await fetch(url, { headers: { accept: '*/*' } })).json()).toMatchObject({ path: '/' });
  });

  it('streams a body back from /echo', async () => {
    const { url } = await aBackend();
    const body = Buffer.alloc(5_000_000, 'fairlead');
    const headers = { 'content-type': 'text/plain', compute: '2' };
    const response = await fetch(`${url}/echo`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(response.headers.get('endpoint-load-metrics')).toContain('"compute":2');
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
  });

  it('pads the response to ?bytes', async () => {
    const { url } = await aBackend();
    const text = await (await fetch(`${url}/?bytes=200000`)).text();
    expect(text).toHaveLength(200_000);
    expect(JSON.parse(text)).toMatchObject({ backend: 'disk-1' });
    expect(await (await fetch(`${url}/?bytes=1`)).json()).toMatchObject({ backend: 'disk-1' });
    expect((await fetch(`${url}/?bytes=many`)).status).toBe(400);
  });

  it('responds to HEAD with the length alone', async () => {
    const { url } = await aBackend();
    const response = await fetch(`${url}/?bytes=70000`, { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe('70000');
    expect(await response.text()).toBe('');
  });

  it('rejects an invalid demand with one sentence', async () => {
    const { url, emulator } = await aBackend();
    const response = await fetch(url, { headers: { compute: 'lots' } });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      message: 'Compute must be a number from 0 to 1000000, got "lots"',
    });
    expect(emulator.totals.requests).toBe(0);
  });

  it('reports that it is healthy', async () => {
    const { url, emulator } = await aBackend();
    const response = await fetch(`${url}/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'ok' });
    expect(emulator.totals.requests).toBe(0);
  });

  it('finishes the jobs in progress before it closes', async () => {
    const { url, emulator } = await aBackend({ workScale: 1 });
    const client = httpRequest(url, { headers: { compute: '100', connection: 'close' } });
    const responded = once(client, 'response');
    client.end();
    await vi.waitFor(() => expect(emulator.jobCount).toBe(1));
    await app!.close();
    const [response] = await responded;
    expect(response.statusCode).toBe(200);
  });
});
