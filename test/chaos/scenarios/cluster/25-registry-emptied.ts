// An operator empties Redis by FLUSHALL: the balancers fill it again.
import { setTimeout as sleep } from 'node:timers/promises';
import { failuresOf, startCluster } from '../../cluster/cluster.ts';
import { lapsesOf, shown } from '../../cluster/views.ts';
import { monotonicMs } from '../../clock.ts';
import type { Scenario } from '../../scenario.ts';
import { until } from '../../../processes/until.ts';

const WHOLE_WITHIN_MS = 3_000;

export const scenario: Scenario = {
  number: 25,
  title: 'FLUSHALL in Redis',
  bar: `0 lost, no lease lapses, the fleet whole in Redis and at all; long form: within ${WHOLE_WITHIN_MS / 1000} s`,
  needs: ['redis-server'],
  async run(stage) {
    const cluster = await startCluster(stage);
    const load = await cluster.startLoad({ methods: ['GET', 'POST'] });
    const tookMs: number[] = [];
    const times = stage.isLong ? 5 : 2;
    for (let time = 0; time < times; time++) {
      await sleep(stage.seconds(5_000, 1_000));
      const emptiedMs = monotonicMs();
      await cluster.registry.command('FLUSHALL');
      const count = cluster.members.length;
      await until('Redis to be filled again', async () => (await cluster.registry.storedIds()).length === count);
      await cluster.agreed();
      tookMs.push(Math.round(monotonicMs() - emptiedMs));
    }
    await sleep(stage.seconds(10_000, 2_000));
    const records = await load.stop();
    const account = cluster.account(records);
    const lapses = await lapsesOf(cluster.balancers);
    const isQuick = stage.isWithin(Math.max(...tookMs), WHOLE_WITHIN_MS);
    return {
      ...account,
      passed: account.lost + account.duplicated + account.wrong + lapses.length === 0 && isQuick,
      detail: `whole after ${tookMs.join(', ')} ms; ${shown(lapses)}${failuresOf(records)}`,
    };
  },
};
