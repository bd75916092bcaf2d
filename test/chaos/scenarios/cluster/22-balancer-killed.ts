// One of three balancers is killed: the others serve on, and the backends that registered with it renew elsewhere.
import { setTimeout as sleep } from 'node:timers/promises';
import { isServed } from '../../account.ts';
import { failuresOf, startCluster } from '../../cluster/cluster.ts';
import { lapsesOf, shown } from '../../cluster/views.ts';
import { monotonicMs } from '../../clock.ts';
import type { RequestRecord, Scenario } from '../../scenario.ts';

export const scenario: Scenario = {
  number: 22,
  title: 'SIGKILL one of 3 balancers, and start',
  bar: '0 lost through the others, no lease lapses',
  needs: ['redis-server'],
  async run(stage) {
    const cluster = await startCluster(stage);
    const [victim, ...others] = cluster.balancers;
    const load = await cluster.startLoad({ methods: ['GET', 'POST'] });
    await sleep(stage.seconds(5_000, 1_000));
    const killedMs = monotonicMs();
    await victim.stop('SIGKILL');
    await sleep(stage.seconds(60_000, 5_000));
    await victim.start();
    await cluster.seenUp();
    await cluster.agreed();
    const backMs = monotonicMs();
    await sleep(stage.seconds(5_000, 1_000));
    const records = await load.stop();

    const isAtVictim = ({ port, sentMs, endedMs }: RequestRecord) =>
      port === victim.port && endedMs >= killedMs && sentMs <= backMs;
    const account = cluster.account(records, isAtVictim);
    const lapses = await lapsesOf(others);
    const excused = records.filter((record) => isAtVictim(record) && !isServed(record)).length;
    return {
      ...account,
      passed: account.lost + account.duplicated + account.wrong + lapses.length === 0,
      detail:
        `${excused} requests sent to the killed balancer failed, ` +
        `${account.lost} through the others; ${shown(lapses)}` +
        failuresOf(records.filter((record) => !isAtVictim(record))),
    };
  },
};
