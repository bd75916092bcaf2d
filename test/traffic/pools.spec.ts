// Pools of a configuration file: each has backends, a policy, health checks and limits of its own, in every thread.
import type { DemandList, Explanation, FleetMetrics, PoolView } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { reload, startWithFile } from '../support/configuration-file.js';
import { shared, whenTestEnds, type AtEnd } from '../support/lifetime.js';
import { until, type Balancer } from '../support/processes.js';
import { httpUpstream, join, register } from '../support/upstreams.js';

const CONFIG = `
pools:
  default:
  reports:
    policy: least-requests
    health: { path: /alive, statuses: 204, rise: 1, fall: 1 }
    queue: { maxRequests: 0 }
routes:
  - match: { path: /reports/* }
    pool: reports
  - pool: default
`;

const WITHOUT_REPORTS = 'pools: { default: }';

/** A backend that says its name, and 204 to pings of `reports`. */
async function aNamed(name: string, atEnd: AtEnd = whenTestEnds) {
  return httpUpstream(({ url }, response) => {
    if (url === '/alive') response.writeHead(204).end();
    else response.end(name);
  }, atEnd);
}

const jsonOf = async <Body>({ control }: Balancer, path: string) =>
  (await (await fetch(control + path)).json()) as Body;
const textOf = async ({ url }: Balancer, path: string) => (await fetch(url + path)).text();

describe.each(['0', '2'])('with %s threads', (threads) => {
  const serving = shared(async (atEnd) => {
    const balancer = await startWithFile(CONFIG, { DATA_PLANE_THREADS: threads }, atEnd);
    await join(balancer, 'plain', (await aNamed('plain', atEnd)).port);
    await join(balancer, 'report', (await aNamed('report', atEnd)).port, { pool: 'reports' });
    return balancer;
  });

  it('requests go to the backends of the pool that their route names', async () => {
    const balancer = serving.current;
    const paths = ['/', '/reports/1', '/x', '/reports/2', '/reportsx'];
    const texts = await Promise.all(paths.map((path) => textOf(balancer, path)));
    expect(texts).toEqual(['plain', 'report', 'plain', 'report', 'plain']);
  });

  it('the same path is learned apart in each pool, and the class says which it is', async () => {
    const balancer = serving.current;
    await textOf(balancer, '/same');
    await textOf(balancer, '/reports/same');
    const poolOf = async (name: string) => {
      const { classes } = await jsonOf<DemandList>(balancer, '/api/v1/demands');
      return classes.find((each) => each.name === name)?.pool;
    };
    await until('both classes to be shown', async () => (await poolOf('reports: GET /reports/same')) !== undefined);
    expect(await poolOf('reports: GET /reports/same')).toBe('reports');
    expect(await poolOf('GET /same')).toBe('default');
  });

  it('pools, backends, metrics and explanations say what belongs to which', async () => {
    const balancer = serving.current;
    const { pools } = await jsonOf<{ pools: PoolView[] }>(balancer, '/api/v1/pools');
    const rest = { configured: true, backends: { up: 1 }, inFlight: 0, queued: 0 };
    expect(pools).toEqual([
      { name: 'default', policy: 'drf', ...rest },
      { name: 'reports', policy: 'least-requests', ...rest },
    ]);
    const { backends } = await jsonOf<{ backends: { id: string }[] }>(balancer, '/api/v1/backends?pool=reports');
    expect(backends.map(({ id }) => id)).toEqual(['report']);
    expect((await fetch(`${balancer.control}/api/v1/backends?pool=none`)).status).toBe(404);
    const metrics = await jsonOf<FleetMetrics>(balancer, '/api/v1/metrics');
    expect(metrics.backends.map(({ id, pool }) => [id, pool])).toEqual([
      ['plain', 'default'],
      ['report', 'reports'],
    ]);
    const text = await (await fetch(`${balancer.control}/metrics`)).text();
    for (const line of [
      'fairlead_pool_info{pool="reports",policy="least-requests"} 1',
      'fairlead_pool_backends{pool="reports",state="up"} 1',
      'fairlead_pool_in_flight_requests{pool="reports"} 0',
      'fairlead_pool_queued_requests{pool="reports"} 0',
      'fairlead_pool_panic{pool="reports"} 0',
      'fairlead_backend_info{backend="report",pool="reports"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    const asked = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const body = JSON.stringify({ demand: { compute: 1 }, pool: 'reports' });
    const response = await fetch(`${balancer.control}/api/v1/placement/explain`, { ...asked, body });
    const explanation = (await response.json()) as Explanation;
    expect(explanation).toMatchObject({ pool: 'reports', policy: 'least-requests', chosen: 'report', excluded: [] });
    expect(explanation.candidates.map(({ id }) => id)).toEqual(['report']);
  });
});

it('a backend without a path is pinged by the rules of its pool', async () => {
  const balancer = await startWithFile(CONFIG);
  const pinged: (string | undefined)[] = [];
  const { port } = await httpUpstream(({ url }, response) => {
    pinged.push(url);
    response.writeHead(200).end();
  });
  await register(balancer.control, { id: 'wrong', port, pool: 'reports', resources: { compute: 1, storage: 1 } });
  await until('the ping to fail', async () => {
    const { reason } = await jsonOf<{ reason: string }>(balancer, '/api/v1/backends/wrong');
    return reason === 'ping failed';
  });
  expect(new Set(pinged)).toEqual(new Set(['/alive']));
});

it('an address may be in two pools, each with requests of its own', async () => {
  const balancer = await startWithFile(CONFIG);
  const { port } = await aNamed('both');
  await join(balancer, 'as-plain', port);
  await join(balancer, 'as-report', port, { pool: 'reports' });
  expect([await textOf(balancer, '/'), await textOf(balancer, '/reports/1')]).toEqual(['both', 'both']);
  const { backends } = await jsonOf<FleetMetrics>(balancer, '/api/v1/metrics');
  expect(backends.map(({ id, requests }) => [id, requests])).toEqual([
    ['as-plain', 1],
    ['as-report', 1],
  ]);
});

it('backends of a pool that is removed stay with the reason, and serve again when it returns', async () => {
  const balancer = await startWithFile(CONFIG);
  await join(balancer, 'report', (await aNamed('report')).port, { pool: 'reports' });
  balancer.write(WITHOUT_REPORTS);
  await reload(balancer);
  expect((await fetch(`${balancer.url}/reports/1`)).status).toBe(503);
  expect(await jsonOf(balancer, '/api/v1/backends/report')).toMatchObject({
    pool: 'reports',
    state: 'up',
    reason: 'it gets no requests: its pool reports is not in the configuration',
  });
  const again = await register(balancer.control, {
    id: 'b',
    port: 1,
    pool: 'reports',
    resources: { compute: 1, storage: 1 },
  });
  expect([again.status, await again.json()]).toMatchObject([404, { message: expect.stringContaining('default') }]);
  balancer.write(CONFIG);
  await reload(balancer);
  expect(await textOf(balancer, '/reports/1')).toBe('report');
});

it('requests in flight and in the queue of a pool that is removed are served', async () => {
  const balancer = await startWithFile(CONFIG.replace('maxRequests: 0', 'maxRequests: 10'));
  const held: (() => void)[] = [];
  const { port } = await httpUpstream(({ url }, response) => {
    if (url === '/alive') response.writeHead(204).end();
    else held.push(() => response.end('report'));
  });
  await join(balancer, 'report', port, { pool: 'reports', maxInFlight: 1 });
  const requests = [textOf(balancer, '/reports/1'), textOf(balancer, '/reports/2')];
  await until('one request to wait', async () => {
    const { pools } = await jsonOf<{ pools: PoolView[] }>(balancer, '/api/v1/pools');
    return pools.some(({ name, queued }) => name === 'reports' && queued === 1);
  });
  balancer.write(WITHOUT_REPORTS);
  await reload(balancer);
  held.shift()!();
  await until('the other request to arrive', async () => held.length === 1);
  held.shift()!();
  expect(await Promise.all(requests)).toEqual(['report', 'report']);
});
