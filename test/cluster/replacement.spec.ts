// A balancer of a cluster that its supervisor replaces: for a while two processes have one id.
import { expect, it } from 'vitest';
import { describeWith } from '../support/programs.js';
import { until } from '../support/processes.js';
import { eventsOf } from '../support/metrics.js';
import { startRedis } from '../support/redis.js';
import { aFolder, startSupervisor } from '../support/supervisor.js';
import { clusterAt, clusterVariables } from './cluster.js';

describeWith('redis-server', 'a reload of a balancer of a cluster', (path) => {
  it('is not taken for a second balancer of its id', async () => {
    const variables = { ...clusterVariables(await startRedis(path)), BALANCER_ID: 'one' };
    const supervised = await startSupervisor(aFolder(), { ...variables, SWAGGER: 'false' });
    const [before] = (await clusterAt(supervised)).balancers;
    expect(await supervised.reload()).toMatchObject({ code: 0 });
    await until('the new one to be alone', async () => {
      const { balancers } = await clusterAt(supervised);
      return balancers.length === 1 && balancers[0].since !== before.since;
    });
    const events = await eventsOf(supervised);
    const kinds = events.filter(({ backend }) => backend === null).map(({ kind }) => kind);
    // It has seen the other one, and has not complained.
    expect(kinds).toContain('balancer-left');
    expect(kinds).not.toContain('balancer-id-taken');
  });
});
