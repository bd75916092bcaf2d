import autocannon from 'autocannon';
import { describe, expect, it } from 'vitest';
import { metricsOf } from '../support/metrics.js';
import { backendIn, launch, startBackend, startBalancer, until } from '../support/processes.js';

const FLEET = [
  { BACKEND_ID: 'cpu', COMPUTE_CAPACITY: '32', STORAGE_CAPACITY: '8' },
  { BACKEND_ID: 'even', COMPUTE_CAPACITY: '20', STORAGE_CAPACITY: '20' },
  { BACKEND_ID: 'disk', COMPUTE_CAPACITY: '8', STORAGE_CAPACITY: '32' },
];

async function startFleet(env: Record<string, string> = {}) {
  const balancer = await startBalancer({ DEMAND_SOURCE: 'random', DEMAND_SEED: '1', ...env });
  const backends = await Promise.all(FLEET.map((each) => startBackend(balancer, each)));
  return { balancer, backends };
}

/** GETs at 16 connections until `during` is over. */
async function loadWhile(url: string, during: () => Promise<void>): Promise<autocannon.Result> {
  let finished: (result: autocannon.Result) => void;
  const result = new Promise<autocannon.Result>((resolve) => (finished = resolve));
  const load = autocannon({ url, connections: 16, duration: 60, timeout: 30 }, (_, done) => finished(done));
  await during();
  load.stop();
  return result;
}

describe('a fleet of real processes', () => {
  it('requests are spread over the backends, and each is accounted for', async () => {
    const { balancer } = await startFleet();
    for (let i = 0; i < 300; i++) {
      const response = await fetch(balancer.url);
      expect(response.status).toBe(200);
      await response.text();
    }
    const { fleet, backends, status, policy } = await metricsOf(balancer);
    expect(status).toBe('ok');
    expect(policy).toBe('drf');
    expect(fleet).toMatchObject({ requests: 300, up: 3, errors: 0, inFlight: 0 });
    expect(backends.map(({ id }) => id)).toEqual(['cpu', 'disk', 'even']);
    expect(backends.reduce((sum, { requests }) => sum + requests, 0)).toBe(300);
    for (const backend of backends) {
      expect(backend.requests).toBeGreaterThan(0);
      expect(backend.latencyMs?.p50).toBeGreaterThan(0);
    }
    // Matched by shape: what went to the disk machine wanted more storage for its compute than what went to the other.
    const ratio = (id: string) => {
      const { totals } = backends.find((backend) => backend.id === id)!;
      return totals.storage / totals.compute;
    };
    expect(ratio('disk')).toBeGreaterThan(ratio('even'));
    expect(ratio('even')).toBeGreaterThan(ratio('cpu'));
    const text = await (await fetch(`${balancer.control}/metrics`)).text();
    expect(text).toContain('fairlead_client_requests_total{method="GET"} 300');
    expect(text).toMatch(/fairlead_request_duration_seconds_bucket\{pool="default",le="\+Inf"\} 300/);
  });

  it('a backend that joins under load gets requests', async () => {
    const { balancer } = await startFleet();
    await loadWhile(balancer.url, async () => {
      await startBackend(balancer, { BACKEND_ID: 'new-backend', STORAGE_CAPACITY: '20' });
      await until('the new backend to have traffic', async () =>
        (await metricsOf(balancer)).backends.some(({ id, requests }) => id === 'new-backend' && requests > 0),
      );
    });
  });

  it('no GET is lost when a backend is killed and comes back', async () => {
    const { balancer, backends } = await startFleet();
    const result = await loadWhile(balancer.url, async () => {
      await until('load', async () => (await metricsOf(balancer)).fleet.requests > 200);
      await backends[0].stop('SIGKILL');
      await backendIn(balancer.control, 'cpu', 'down');
      const { requests } = (await metricsOf(balancer)).fleet;
      await until('more load', async () => (await metricsOf(balancer)).fleet.requests > requests + 200);
      await startBackend(balancer, FLEET[0]);
    });
    expect(result['2xx']).toBeGreaterThan(400);
    expect(result).toMatchObject({ errors: 0, timeouts: 0, non2xx: 0 });
  });

  it('no GET is lost when a backend leaves, which is forgotten', async () => {
    const { balancer, backends } = await startFleet();
    const result = await loadWhile(balancer.url, async () => {
      await until('load', async () => (await metricsOf(balancer)).fleet.requests > 200);
      expect(await backends[0].stop('SIGTERM')).toBe(0);
      expect((await fetch(`${balancer.control}/api/v1/backends/cpu`)).status).toBe(404);
    });
    expect(result).toMatchObject({ errors: 0, timeouts: 0, non2xx: 0 });
    expect((await metricsOf(balancer)).backends.map(({ id }) => id)).toEqual(['disk', 'even']);
  });

  it('backends join again when the balancer was restarted', async () => {
    const first = await startBalancer();
    const port = new URL(first.control).port;
    await startBackend(first, { BACKEND_ID: 'faithful', LEASE_SECONDS: '1' });
    await first.process.stop('SIGKILL');
    const second = await startBalancer({ CONTROL_PLANE_PORT: port });
    await backendIn(second.control, 'faithful', 'up');
    expect((await fetch(second.url)).status).toBe(200);
  });

  it.each(['ratio-fit', 'round-robin', 'least-requests'])('the fleet serves under the policy %s', async (policy) => {
    const { balancer } = await startFleet({ PLACEMENT_POLICY: policy });
    const answers = await Promise.all(Array.from({ length: 60 }, () => fetch(balancer.url)));
    expect(answers.map(({ status }) => status)).toEqual(Array(60).fill(200));
    const { backends } = await metricsOf(balancer);
    expect(backends.filter(({ requests }) => requests > 0).length).toBeGreaterThan(1);
    expect((await metricsOf(balancer)).policy).toBe(policy);
  });

  it('the dashboard shows the fleet', async () => {
    const { balancer } = await startFleet();
    const dashboard = launch('dashboard', { DASHBOARD_PORT: '0', BALANCER_URL: balancer.control });
    const { port } = await dashboard.logged('dashboard listening');
    for (let i = 0; i < 10; i++) await fetch(balancer.url);
    const url = `http://127.0.0.1:${Number(port)}`;
    const log = (await (await fetch(`${url}/request-log`)).json()) as { requests: unknown[] };
    expect(log.requests).toHaveLength(10);
    await until('the totals to show', async () => {
      const page = await (await fetch(`${url}/status`)).text();
      return ['cpu', 'even', 'disk'].every((id) => page.includes(id));
    });
  });
});
