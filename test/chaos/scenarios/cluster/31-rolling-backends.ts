// Each backend of a cluster in turn leaves, exits, starts and joins again, under POSTs.
import { setTimeout as sleep } from 'node:timers/promises';
import { failuresOf, startCluster } from '../../cluster/cluster.ts';
import { lapsesOf, shown } from '../../cluster/views.ts';
import type { Scenario } from '../../scenario.ts';

export const scenario: Scenario = {
  number: 31,
  title: 'rolling restart of 6 backends behind 3 balancers, under POSTs',
  bar: '0 lost, 0 executed twice',
  needs: ['redis-server'],
  async run(stage) {
    const cluster = await startCluster(stage);
    const load = await cluster.startLoad({ methods: ['POST'] });
    const rounds = stage.seconds(5, 1);
    for (let round = 0; round < rounds; round++) {
      for (const backend of cluster.members) {
        await sleep(stage.seconds(1_000, 100));
        await backend.leave();
        await backend.start();
        await cluster.seenUp([backend]);
      }
    }
    await cluster.agreed();
    const records = await load.stop();
    const account = cluster.account(records);
    const lapses = await lapsesOf(cluster.balancers);
    return {
      ...account,
      passed: account.lost + account.duplicated + account.wrong + lapses.length === 0,
      detail: `${rounds * cluster.members.length} restarts; ${shown(lapses)}${failuresOf(records)}`,
    };
  },
};
