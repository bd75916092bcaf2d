// Pools: without a configuration file there is one.
import type { PoolView } from '@fairlead/contracts';
import { expect, it } from 'vitest';
import { startBalancer } from '../support/processes.js';
import { httpUpstream, join, register } from '../support/upstreams.js';

it('a registration into an unknown pool gets 404 with the pools, and the default pool is used without one', async () => {
  const balancer = await startBalancer();
  const { control } = balancer;
  const jsonOf = async (path: string) => (await fetch(control + path)).json();
  const body = { id: 'a', port: 1, resources: { compute: 1, storage: 1 } };
  const response = await register(control, { ...body, pool: 'reports' });
  expect([response.status, await response.json()]).toMatchObject([
    404,
    { message: 'there is no pool "reports": the pools are default' },
  ]);
  expect(await jsonOf('/api/v1/backends')).toEqual({ backends: [] });
  const wrong = await register(control, { ...body, pool: 'no pool' });
  expect([wrong.status, await wrong.json()]).toMatchObject([
    400,
    { message: expect.stringMatching(/^pool must be 1 to 64 characters/) },
  ]);

  const { port } = await httpUpstream((_, upstream) => upstream.end());
  await join(balancer, 'a', port, { pool: 'default' });
  expect(await jsonOf('/api/v1/backends?pool=default')).toMatchObject({ backends: [{ id: 'a', pool: 'default' }] });
  expect((await fetch(`${control}/api/v1/backends?pool=reports`)).status).toBe(404);
  const { pools } = (await jsonOf('/api/v1/pools')) as { pools: PoolView[] };
  const rest = { configured: true, backends: { up: 1 }, inFlight: 0, queued: 0 };
  expect(pools).toEqual([{ name: 'default', policy: 'drf', ...rest }]);
  const lines = (await (await fetch(`${control}/metrics`)).text()).split('\n');
  for (const line of [
    'fairlead_pool_info{pool="default",policy="drf"} 1',
    'fairlead_pool_backends{pool="default",state="up"} 1',
    'fairlead_pool_queued_requests{pool="default"} 0',
    'fairlead_backend_info{backend="a",pool="default"} 1',
  ]) {
    expect(lines).toContain(line);
  }
});
