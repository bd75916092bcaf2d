// Requests that wait for the first backend of an empty pool.
import { describe, expect, it } from 'vitest';
import { reload, startWithFile } from '../support/configuration-file.js';
import { metricsOf } from '../support/metrics.js';
import { until } from '../support/processes.js';
import { httpUpstream, join } from '../support/upstreams.js';

const NO_CLIENT_LIMIT = { TRAFFIC_LIMITS: '{"perClient": {"requestsInFlight": 0}}' };

describe.each(['on', 'off'])('with FAST_LANE=%s', (FAST_LANE) => {
  it('requests are held until a backend registers, as many as the queue takes and as long as the route says', async () => {
    const route = 'routes: [{ pool: default, hold: 30s }]';
    const full = `pools: { default: { queue: { maxRequests: 2 } } }\n${route}`;
    const balancer = await startWithFile(full, { FAST_LANE, ...NO_CLIENT_LIMIT });
    const { url } = balancer;
    const held = [fetch(url), fetch(url, { method: 'POST', body: 'kept' })];
    await until('two requests to wait', async () => (await metricsOf(balancer)).fleet.queued === 2);
    expect((await fetch(url)).status).toBe(503);
    const { port } = await httpUpstream((request, response) => request.pipe(response));
    await join(balancer, 'a', port);
    const responses = await Promise.all(held);
    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    expect(await responses[1].text()).toBe('kept');

    await fetch(`${balancer.control}/api/v1/backends/a?now=true`, { method: 'DELETE' });
    balancer.write(route.replace('30s', '100ms'));
    await reload(balancer);
    expect((await fetch(url)).status).toBe(503);
  });
});
