// Redis is killed, backends join and leave meanwhile, and Redis is started again: without its data, and in the long form
// also with them.
import { setTimeout as sleep } from 'node:timers/promises';
import { failuresOf, startCluster } from '../../cluster/cluster.ts';
import { lapsesOf, shown } from '../../cluster/views.ts';
import type { Scenario } from '../../scenario.ts';

const AGREED_WITHIN_MS = 3_000;

export const scenario: Scenario = {
  number: 23,
  title: 'SIGKILL Redis, backends join and leave, and start',
  bar: `0 lost, 0 executed twice, no lease lapses, all views equal; long form: within ${AGREED_WITHIN_MS / 1000} s`,
  needs: ['redis-server'],
  async run(stage) {
    const cluster = await startCluster(stage);
    const load = await cluster.startLoad({ methods: ['GET', 'POST'] });
    const tookMs: number[] = [];
    for (const isKept of stage.isLong ? [false, true] : [false]) {
      if (isKept) await cluster.registry.keepOnDisk();
      await sleep(stage.seconds(5_000, 1_000));
      await cluster.registry.kill();
      await Promise.all([sleep(stage.seconds(60_000, 5_000)), cluster.replaceOldest()]);
      await cluster.registry.start();
      tookMs.push(await cluster.agreed());
    }
    await cluster.seenUp();
    await sleep(stage.seconds(5_000, 1_000));
    const records = await load.stop();
    const account = cluster.account(records);
    const lapses = await lapsesOf(cluster.balancers);
    const isQuick = stage.isWithin(Math.max(...tookMs), AGREED_WITHIN_MS);
    return {
      ...account,
      passed: account.lost + account.duplicated + account.wrong + lapses.length === 0 && isQuick,
      detail: `views equal ${tookMs.join(' and ')} ms after its return; ${shown(lapses)}${failuresOf(records)}`,
    };
  },
};
