// A backend registers at one of three balancers, and all of them send it requests.
import { setTimeout as sleep } from 'node:timers/promises';
import { isServed } from '../../account.ts';
import { fleetStates } from '../../balancers/balancer-process.ts';
import { failuresOf, startCluster } from '../../cluster/cluster.ts';
import { monotonicMs } from '../../clock.ts';
import type { Scenario } from '../../scenario.ts';
import { msUntil, register, registrationOf } from '../../support/control-plane.ts';
import { until } from '../../../processes/until.ts';

const SERVED_WITHIN_MS = 300;
const PATIENCE_MS = 60_000;

export const scenario: Scenario = {
  number: 21,
  title: 'a backend registers at one of 3 balancers',
  bar: `all send requests to it; long form: it is up at all within ${SERVED_WITHIN_MS} ms`,
  needs: ['redis-server'],
  async run(stage) {
    // By default a new backend gets few requests at first, and none while others are idle enough.
    const variables = { SLOW_START_SECONDS: '0', PLACEMENT_POLICY: 'round-robin' };
    const cluster = await startCluster(stage, { variables });
    const load = await cluster.startLoad();
    await sleep(stage.seconds(5_000, 1_000));
    const upMs: number[] = [];
    const firstMs: number[] = [];
    for (const { control } of cluster.balancers) {
      const backend = await cluster.startBackend({ registers: false });
      const startMs = monotonicMs();
      await register(control, registrationOf(backend));
      const isUpAt = async (balancer: { readonly control: string }) =>
        (await fleetStates(balancer.control))?.get(backend.id) === 'up';
      const waits = cluster.balancers.map((balancer) => msUntil(() => isUpAt(balancer), PATIENCE_MS));
      const hasFailed = (await Promise.all(waits)).includes(undefined);
      upMs.push(hasFailed ? Infinity : monotonicMs() - startMs);
      const portOf = () => new Map(load.records.filter(isServed).map(({ id, port }) => [id, port]));
      const sentBy = () => {
        const ports = portOf();
        return new Set(backend.journal().flatMap(({ id }) => ports.get(id) ?? []));
      };
      await until(`all balancers to send requests to ${backend.id}`, () => sentBy().size === cluster.balancers.length);
      firstMs.push(monotonicMs() - startMs);
    }
    const records = await load.stop();
    const account = cluster.account(records);
    const slowestMs = Math.max(...upMs);
    return {
      ...account,
      passed: account.lost + account.wrong === 0 && stage.isWithin(slowestMs, SERVED_WITHIN_MS),
      detail:
        `up at all after ${upMs.map(Math.round).join(', ')} ms, ` +
        `sent requests by all after at most ${Math.round(Math.max(...firstMs))} ms${failuresOf(records)}`,
    };
  },
};
