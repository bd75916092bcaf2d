import { describe, expect, it } from 'vitest';
import { metricsOf, settled, eventsOf } from '../support/metrics.js';
import { backendIn, startBackend, startBalancer, until, type Balancer } from '../support/processes.js';
import { httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

/** An upstream that responds to every request with `status`. */
const respondingWith = (status: number) => httpUpstream((_, response) => response.writeHead(status).end());

const stateOf = async (balancer: Balancer, id: string) =>
  (await metricsOf(balancer)).backends.find((backend) => backend.id === id)?.state;

describe('outliers', () => {
  it('a backend is ejected after five 5xx in a row although it responds to pings, and is back when the ejection is over', async () => {
    const balancer = await startBalancer({ PLACEMENT_POLICY: 'round-robin', EJECTION_SECONDS: '0.5' });
    const bad = await respondingWith(500);
    await join(balancer, 'bad', bad.port);
    await join(balancer, 'good', (await respondingWith(200)).port);
    let errors = 0;
    await until('bad to be ejected', async () => {
      if ((await fetch(balancer.url)).status === 500) errors++;
      return (await stateOf(balancer, 'bad')) === 'ejected';
    });
    expect(errors).toBe(5);
    for (let i = 0; i < 10; i++) expect((await fetch(balancer.url)).status).toBe(200);
    await backendIn(balancer.control, 'bad', 'up');
    const flips = (await eventsOf(balancer)).filter(({ backend }) => backend === 'bad').slice(-2);
    expect(flips[0]).toMatchObject({ from: 'up', to: 'ejected', evidence: { consecutive5xx: 5 } });
    expect(flips[0].reason).toBe('5 responses in a row were 5xx');
    expect(flips[1]).toMatchObject({ from: 'ejected', to: 'up', reason: 'ejection 1 is over' });
    await settled(balancer);
  });

  it('the last backend is not ejected, which is an event once', async () => {
    const balancer = await startBalancer();
    await join(balancer, 'only', (await respondingWith(500)).port);
    for (let i = 0; i < 20; i++) expect((await fetch(balancer.url)).status).toBe(500);
    expect(await stateOf(balancer, 'only')).toBe('up');
    const spared = (await eventsOf(balancer)).filter(({ kind }) => kind === 'ejection-skipped');
    expect(spared).toHaveLength(1);
    expect(spared[0]).toMatchObject({ backend: 'only', evidence: { consecutive5xx: 5 } });
    const { fleet } = await metricsOf(balancer);
    expect(fleet).toMatchObject({ requests: 20, retries: 0 });
  });

  it('a backend is ejected by the part of its requests that fails in a window', async () => {
    const balancer = await startBalancer({
      PLACEMENT_POLICY: 'round-robin',
      OUTLIER_INTERVAL_SECONDS: '0.3',
      // Three responses of four are bad, but which thread gets the good one is chance.
      OUTLIER_CONSECUTIVE_5XX: '0',
    });
    let count = 0;
    const flaky = await httpUpstream((_, response) => response.writeHead(count++ % 4 === 0 ? 200 : 500).end());
    await join(balancer, 'flaky', flaky.port);
    await join(balancer, 'good', (await respondingWith(200)).port);
    await until('flaky to be ejected', async () => {
      await Promise.all(Array.from({ length: 20 }, () => fetch(balancer.url)));
      return (await stateOf(balancer, 'flaky')) === 'ejected';
    });
    expect((await eventsOf(balancer)).at(-1)?.reason).toMatch(/^\d+ % of \d+ exchanges failed within 0.3 s$/);
  });

  it('a backend is ejected by how much longer than usual it takes', async () => {
    const balancer = await startBalancer({
      PLACEMENT_POLICY: 'round-robin',
      OUTLIER_INTERVAL_SECONDS: '1',
      OUTLIER_MIN_REQUESTS: '5',
      // Another rule, of exchanges that wait for long, would be sooner.
      SLOW_EXCHANGE_SECONDS: '60',
    });
    const fast = () => httpUpstream((_, response) => response.end());
    // So much longer than the others that it stands out on a busy machine too.
    const slow = await httpUpstream((_, response) => void setTimeout(() => response.end(), 1500));
    await join(balancer, 'slow', slow.port);
    await join(balancer, 'a', (await fast()).port);
    await join(balancer, 'b', (await fast()).port);
    await until('slow to be ejected', async () => {
      await Promise.all(Array.from({ length: 30 }, () => fetch(balancer.url)));
      return (await stateOf(balancer, 'slow')) === 'ejected';
    });
    const last = (await eventsOf(balancer)).at(-1);
    expect(last?.reason).toMatch(/^\d+ responses took [\d.]+ times as long as is usual for their class/);
    expect(last?.evidence.times).toBeGreaterThan(10);
  });
});

describe('a fleet in trouble', () => {
  it('backends that are down are used when too few are up, and the status is panic', async () => {
    const balancer = await startBalancer({ PING_ACK_INTERVAL_SECONDS: '0.1', PLACEMENT_POLICY: 'round-robin' });
    let status = 200;
    for (const id of ['a', 'b', 'c']) {
      const { port } = await httpUpstream((request, response) => {
        response.writeHead(request.url === '/health' ? status : 200).end(id);
      });
      await join(balancer, id, port, { pingPath: id === 'c' ? undefined : '/health' });
    }
    status = 503;
    await backendIn(balancer.control, 'a', 'down');
    await backendIn(balancer.control, 'b', 'down');
    expect((await metricsOf(balancer)).status).toBe('panic');
    const answers = await Promise.all(Array.from({ length: 12 }, async () => (await fetch(balancer.url)).text()));
    expect(new Set(answers)).toEqual(new Set(['a', 'b', 'c']));
    expect(await (await fetch(`${balancer.control}/metrics`)).text()).toMatch(/^fairlead_panic 1$/m);
    status = 200;
    await backendIn(balancer.control, 'a', 'up');
    const kinds = (await eventsOf(balancer)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'panic' || kind === 'panic-ended')).toEqual(['panic', 'panic-ended']);
  });

  it('backends stay up when pings of most of them fail in one sweep, since the network of the balancer may be at fault', async () => {
    const balancer = await startBalancer({ PING_ACK_INTERVAL_SECONDS: '1', PING_TIMEOUT_SECONDS: '0.5' });
    let isSilent = false;
    for (const id of ['a', 'b', 'c']) {
      const { port } = await httpUpstream((request, response) => {
        if (!isSilent || request.url !== '/health') response.end(id);
      });
      await join(balancer, id, port, { pingPath: '/health' });
    }
    isSilent = true;
    await until('the balancer to doubt itself', async () =>
      (await eventsOf(balancer)).some(({ kind }) => kind === 'self-preservation'),
    );
    for (const id of ['a', 'b', 'c']) expect(await stateOf(balancer, id)).toBe('up');
    expect((await fetch(balancer.url)).status).toBe(200);
  });

  it('a backend that lets a request wait is pinged, and the request is moved when the ping fails', async () => {
    const balancer = await startBalancer({
      PLACEMENT_POLICY: 'round-robin',
      SLOW_EXCHANGE_SECONDS: '0.1',
      PING_TIMEOUT_SECONDS: '0.5',
    });
    const stopped = await startBackend(balancer, {
      BACKEND_ID: 'stopped',
      COMPUTE_CAPACITY: '1',
      STORAGE_CAPACITY: '1',
    });
    await join(balancer, 'here', (await respondingWith(200)).port);
    stopped.child.kill('SIGSTOP');
    const statuses = await Promise.all(Array.from({ length: 4 }, async () => (await fetch(balancer.url)).status));
    expect(statuses).toEqual([200, 200, 200, 200]);
    expect(await stateOf(balancer, 'stopped')).toBe('down');
    stopped.child.kill('SIGCONT');
    await backendIn(balancer.control, 'stopped', 'up');
    await settled(balancer);
  });

  it('a request of any method gets 503 when no backend could be reached, since nothing was sent', async () => {
    const balancer = await startBalancer({ RECHECK_MIN_SECONDS: '10', RECHECK_MAX_SECONDS: '10' });
    const gone = await tcpUpstream((socket) => socket.destroy());
    await join(balancer, 'gone', gone.port);
    gone.close();
    const response = await fetch(balancer.url, { method: 'POST', body: 'x' });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({
      message: expect.stringMatching(/^no backend could serve this request/),
    });
  });
});
