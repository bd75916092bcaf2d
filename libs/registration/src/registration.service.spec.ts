// The module in a real Nest app, with a fake balancer that is a real HTTP server.
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeBalancer, problem } from '../test/fake-balancer.js';
import { RegistrationModule, RegistrationService, type RegistrationOptions } from './index.js';

@Controller()
class GreetingController {
  @Get()
  greet(): string {
    return 'hello';
  }
}

const lines: string[] = [];
const record = (message: unknown) => void lines.push(String(message));
const linesWith = (text: string) => lines.filter((line) => line.includes(text));
const stateOf = (app: INestApplication) => app.get(RegistrationService).state;

describe('RegistrationModule', () => {
  let balancer: FakeBalancer;
  let app: INestApplication | undefined;

  beforeEach(async () => {
    balancer = await new FakeBalancer().start();
  });

  afterEach(async () => {
    await app?.close();
    app = undefined;
    await balancer.stop();
    lines.length = 0;
  });

  async function anApp(options: Partial<RegistrationOptions> = {}): Promise<INestApplication> {
    const registration = RegistrationModule.forRootAsync({
      useFactory: () => ({ balancerUrl: balancer.url, resources: { compute: 4 }, leaseSeconds: 30, ...options }),
    });
    const testing = await Test.createTestingModule({
      imports: [registration],
      controllers: [GreetingController],
    }).compile();
    app = testing.createNestApplication({ logger: { log: record, warn: record, error: record } });
    return app;
  }

  it('registers with the port it listens on and its options', async () => {
    const app = await anApp({ id: 'disk-1', pingPath: '/health', labels: { zone: 'a' }, token: 'secret' });
    await app.listen(0, '127.0.0.1');

    const call = await balancer.next('POST');
    expect(call.path).toBe('/api/v1/backends');
    expect(call.headers.authorization).toBe('Bearer secret');
    expect(call.body).toEqual({
      id: 'disk-1',
      port: app.getHttpServer().address().port,
      resources: { compute: 4 },
      pingPath: '/health',
      leaseSeconds: 30,
      labels: { zone: 'a' },
    });
    await vi.waitFor(() => expect(stateOf(app)).toEqual({ status: 'registered', id: 'disk-1', reason: '' }));
  });

  it('registers with a url instead of the port', async () => {
    const app = await anApp({ url: 'http://disk-1.example:80' });
    await app.listen(0, '127.0.0.1');
    expect((await balancer.next('POST')).body).toMatchObject({ url: 'http://disk-1.example:80' });
    expect((await balancer.next('PUT')).path).toBe('/api/v1/backends/http%3A%2F%2Fdisk-1.example%3A80/lease');
  });

  it('does not register an app that never listens', async () => {
    const app = await anApp();
    await app.init();
    await app.close();
    expect(balancer.backends.size).toBe(0);
    expect(stateOf(app)).toEqual({ status: 'joining', id: null, reason: '' });
  });

  it('stays registered without a lease', async () => {
    const app = await anApp({ id: 'a', leaseSeconds: undefined });
    await app.listen(0, '127.0.0.1');
    await vi.waitFor(() => expect(stateOf(app).status).toBe('registered'));
    await app.close();
    expect(balancer.backends.size).toBe(0);
  });

  it('retries until the balancer is reachable, and logs the failure once', async () => {
    await balancer.stop();
    const app = await anApp({ id: 'early' });
    await app.listen(0, '127.0.0.1');
    await vi.waitFor(() => expect(stateOf(app).status).toBe('unreachable'));
    expect(stateOf(app).reason).toContain('ECONNREFUSED');

    await balancer.start();
    await balancer.next('POST');
    await vi.waitFor(() => expect(stateOf(app).status).toBe('registered'));
    expect(linesWith('no usable response')).toHaveLength(1);
    expect(linesWith('registered with')).toHaveLength(1);
  });

  it.each([
    ['an overloaded balancer', problem(503, 'starting')],
    ['a rate limit', problem(429, 'slow down')],
    ['a response that is not a backend', { status: 200, body: { hello: 'world' } }],
    ['a response that is not JSON', { status: 200 }],
  ])('retries after %s', async (_, response) => {
    balancer.respondNext(response, response);
    const app = await anApp({ id: 'patient' });
    await app.listen(0, '127.0.0.1');
    await balancer.next('POST');
    await balancer.next('POST');
    await balancer.next('POST');
    await vi.waitFor(() => expect(stateOf(app).status).toBe('registered'));
  });

  it('waits as long as Retry-After asks', async () => {
    balancer.respondNext({ ...problem(429, 'slow down'), headers: { 'retry-after': '1' } });
    const app = await anApp({ id: 'loop' });
    await app.listen(0, '127.0.0.1');
    await balancer.next('POST');
    const refusedAt = performance.now();
    await balancer.next('POST');
    // Without the header it would have retried within 100 ms. Timers may be early by a millisecond.
    expect(performance.now() - refusedAt).toBeGreaterThan(950);
  });

  it('renews at the configured interval instead of the one the balancer asks for', async () => {
    balancer.renewEverySeconds = 3600;
    const app = await anApp({ id: 'keen', renewEverySeconds: 0.02 });
    await app.listen(0, '127.0.0.1');
    expect((await balancer.next('PUT')).path).toBe('/api/v1/backends/keen/lease');
  });

  it.each([
    [{ leaseSeconds: 30, renewEverySeconds: 40 }, '(30), got 40'],
    [{ leaseSeconds: 30, renewEverySeconds: 30 }, '(30), got 30'],
    [{ leaseSeconds: 30, renewEverySeconds: 0 }, '(30), got 0'],
    [{ leaseSeconds: undefined, renewEverySeconds: 10 }, '(not set), got 10'],
  ])('rejects a renewal after the lease has expired: %j', async (options, end) => {
    await expect(anApp(options)).rejects.toThrow(
      `RegistrationModule: renewEverySeconds must be above 0 and less than leaseSeconds ${end}`,
    );
  });

  it('reports a refusal with its message, and shuts down without waiting for the next attempt', async () => {
    balancer.respondNext(problem(409, 'the url is the balancer itself'));
    const app = await anApp({ id: 'loop' });
    await app.listen(0, '127.0.0.1');
    await balancer.next('POST');
    await vi.waitFor(() => expect(stateOf(app).status).toBe('refused'));
    expect(stateOf(app).reason).toBe('the url is the balancer itself');
    expect(linesWith('refused the registration: the url is the balancer itself')).toHaveLength(1);
    await app.close();
    expect(balancer.backends.size).toBe(0);
  });

  it('sends the secret that it got with every later request', async () => {
    balancer.secret = 'first secret';
    const app = await anApp({ id: 'a' });
    await app.listen(0, '127.0.0.1');
    const secretIn = async (method: string) => (await balancer.next(method)).headers['fairlead-backend-secret'];
    expect(await secretIn('POST')).toBeUndefined();
    expect(await secretIn('PUT')).toBe('first secret');
    // Another process has taken over the backend; this one takes it back.
    balancer.secret = 'second secret';
    balancer.respondNext(problem(403, '"a" belongs to another caller'));
    expect(await secretIn('POST')).toBe('first secret');
    expect(await secretIn('PUT')).toBe('second secret');
    balancer.secret = undefined;
    balancer.isBusy = true;
    const closed = app.close();
    expect(await secretIn('DELETE')).toBe('second secret');
    expect(await secretIn('GET')).toBe('second secret');
    balancer.backends.clear();
    await closed;
  });

  it('says after a 401 what to set', async () => {
    balancer.respondNext(problem(401, 'missing token'));
    const app = await anApp({ id: 'a' });
    await app.listen(0, '127.0.0.1');
    await vi.waitFor(() => expect(stateOf(app).status).toBe('refused'));
    const advice = 'set the option token or tokenFile of RegistrationModule to a token with the role register';
    expect(linesWith(`refused the registration: missing token (${advice})`)).toHaveLength(1);
  });

  it('takes its token from a file, and another one from there as soon as it is written', async () => {
    const tokenFile = join(mkdtempSync(join(tmpdir(), 'fairlead-registration-')), 'token');
    writeFileSync(tokenFile, 'first-token-of-16-or-more');
    const app = await anApp({ id: 'a', tokenFile });
    await app.listen(0, '127.0.0.1');
    expect((await balancer.next('PUT')).headers.authorization).toBe('Bearer first-token-of-16-or-more');
    writeFileSync(tokenFile, 'second-token-of-16-or-more');
    await vi.waitFor(async () => {
      expect((await balancer.next('PUT')).headers.authorization).toBe('Bearer second-token-of-16-or-more');
    });
    rmSync(dirname(tokenFile), { recursive: true });
    await balancer.next('PUT');
    expect(linesWith('tokenFile: ENOENT')).toHaveLength(1);
  });

  it.each([
    [{ token: 'a', tokenFile: 'b' }, 'give either token or tokenFile, not both'],
    [{ tokenFile: '/nowhere/token' }, 'tokenFile: ENOENT: '],
  ])('does not start with %j', async (options, problem) => {
    await expect(anApp(options)).rejects.toThrow(`RegistrationModule: ${problem}`);
  });

  it('says that it could not leave when the balancer refuses it', async () => {
    const app = await anApp({ id: 'a', leaseSeconds: undefined });
    await app.listen(0, '127.0.0.1');
    await vi.waitFor(() => expect(stateOf(app).status).toBe('registered'));
    balancer.respondNext(problem(403, 'this needs the role register'));
    await app.close();
    expect(linesWith('could not deregister a: the balancer')).toHaveLength(1);
    expect(linesWith('refused it: this needs the role register')).toHaveLength(1);
  });

  it('registers again at once when the balancer has forgotten it', async () => {
    const app = await anApp({ id: 'a' });
    await app.listen(0, '127.0.0.1');
    await balancer.next('PUT');
    balancer.backends.clear();
    await balancer.next('POST');
    await balancer.next('PUT');
    expect(balancer.backends.has('a')).toBe(true);
  });

  it('keeps renewing while the balancer is unreachable, and logs each change of state once', async () => {
    const app = await anApp({ id: 'a' });
    await app.listen(0, '127.0.0.1');
    await balancer.next('PUT');
    await balancer.stop();
    await vi.waitFor(() => expect(stateOf(app).status).toBe('unreachable'));
    expect(stateOf(app).id).toBe('a');

    await balancer.start();
    await balancer.next('PUT');
    await vi.waitFor(() => expect(stateOf(app).status).toBe('registered'));
    expect(linesWith('no usable response')).toHaveLength(1);
    expect(linesWith('registered with')).toHaveLength(2);
  });

  it('leaves before its server closes, and serves until the balancer has drained it', async () => {
    const app = await anApp({ id: 'a' });
    await app.listen(0, '127.0.0.1');
    await balancer.next('PUT');
    balancer.isBusy = true;
    const closed = app.close();

    expect((await balancer.next('DELETE')).path).toBe('/api/v1/backends/a');
    await balancer.next('GET');
    expect(stateOf(app).status).toBe('leaving');
    const { port } = app.getHttpServer().address();
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('hello');

    balancer.backends.clear();
    await closed;
    expect(stateOf(app).status).toBe('left');
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
  });

  it('stops waiting for a drain after leaveTimeoutMs', async () => {
    const app = await anApp({ id: 'a', leaveTimeoutMs: 150 });
    await app.listen(0, '127.0.0.1');
    await balancer.next('PUT');
    balancer.isBusy = true;
    await app.close();
    expect(linesWith('did not finish draining')).toHaveLength(1);
  });

  it('closes at once when the balancer is unreachable', async () => {
    const app = await anApp({ id: 'a' });
    await app.listen(0, '127.0.0.1');
    await balancer.next('PUT');
    await balancer.stop();
    await app.close();
    expect(linesWith('could not deregister a')).toHaveLength(1);
  });

  it('deregisters when the shutdown begins during the registration', async () => {
    const app = await anApp({ id: 'hasty' });
    await app.listen(0, '127.0.0.1');
    await app.close();
    expect((await balancer.next('DELETE')).path).toBe('/api/v1/backends/hasty');
    expect(balancer.backends.size).toBe(0);
  });

  it.each<[Partial<RegistrationOptions>, string]>([
    [{ resources: { compute: -1 } }, 'resources.compute must be a number from 0 to 1000000000, got -1'],
    [{ resources: { compute: 0 } }, 'resources must have at least one resource above zero, or be left out'],
    [
      { resources: null } as unknown as Partial<RegistrationOptions>,
      'resources must be an object such as {"compute": 20, "storage": 36}, got null',
    ],
    [
      { resources: [] } as unknown as Partial<RegistrationOptions>,
      'resources must be an object such as {"compute": 20, "storage": 36}, got a list',
    ],
    [{ pingPath: 'health' }, 'pingPath must be a path such as /health, of printable ASCII without spaces, '],
    [{ url: 'http://a', port: 1 }, 'give either url or port, not both'],
    [{ caFile: '/a.pem' }, 'caFile needs an https balancerUrl, got "http://127.0.0.1:'],
  ])('rejects the options %j before anything starts', async (options, message) => {
    await expect(anApp(options)).rejects.toThrow(`RegistrationModule: ${message}`);
  });

  it('reports that an app on a Unix socket has no port to register', async () => {
    const app = await anApp();
    const server = app.getHttpServer();
    await app.listen(`\0fairlead-${process.pid}`);
    if (!server.listening) await once(server, 'listening');
    await vi.waitFor(() => expect(linesWith('does not listen on a TCP port')).toHaveLength(1));
  });
});
