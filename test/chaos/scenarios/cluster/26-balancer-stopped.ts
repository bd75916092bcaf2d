// One of three balancers stands still while backends leave, and goes on with requests that wait for it: none of these may
// go to a backend that has left.
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../processes/until.ts';
import { metricsOf } from '../../../support/metrics.ts';
import { failuresOf, startCluster } from '../../cluster/cluster.ts';
import { monotonicMs } from '../../clock.ts';
import type { Execution, Scenario } from '../../scenario.ts';

/** How long requests collect in the sockets of the balancer before it goes on. */
const COLLECT_MS = 500;

export const scenario: Scenario = {
  number: 26,
  title: 'SIGSTOP one of 3 balancers, backends leave, SIGCONT',
  bar: '0 lost, 0 requests to a backend that has left',
  needs: ['redis-server'],
  async run(stage) {
    const cluster = await startCluster(stage);
    const [victim, ...others] = cluster.balancers;
    const load = await cluster.startLoad();
    await sleep(stage.seconds(5_000, 1_000));
    // What stands in front of the balancers sends nothing to one that does not respond.
    await load.use(others);
    await sleep(COLLECT_MS);
    // A request that it is just sending would be sent to its end when it goes on.
    await until('the balancer to be idle', async () => (await metricsOf(victim)).fleet.inFlight === 0);
    process.kill(victim.pid, 'SIGSTOP');
    const leaving = cluster.members.slice(0, 2);
    const [leaves] = await Promise.all([
      Promise.all(leaving.map((backend) => cluster.leave(backend, { staysUp: true }))),
      sleep(stage.seconds(60_000, 5_000)),
    ]);
    await load.use(cluster.balancers);
    await sleep(COLLECT_MS);
    const resumedMs = monotonicMs();
    process.kill(victim.pid, 'SIGCONT');
    await sleep(stage.seconds(10_000, 3_000));
    await cluster.agreed();
    const records = await load.stop();

    const waited = records.filter(
      ({ port, sentMs, endedMs }) => port === victim.port && sentMs < resumedMs && endedMs >= resumedMs,
    );
    const late = leaving.flatMap((backend, i) =>
      backend.journal().filter(({ startedMs }) => startedMs > leaves[i].goneMs),
    );
    const account = cluster.account(records);
    const whereFrom = (executions: readonly Execution[]) =>
      executions
        .map(({ id, startedMs }) => {
          const at = cluster.balancers.findIndex(({ port }) => port === records.find((sent) => sent.id === id)?.port);
          return `, ${(startedMs - resumedMs).toFixed(1)} ms after SIGCONT by balancer ${at + 1}`;
        })
        .join('');
    const firstMs = Math.min(...waited.map(({ endedMs }) => endedMs)) - resumedMs;
    return {
      ...account,
      passed: account.lost + account.wrong + late.length === 0 && waited.length > 0,
      detail:
        `${waited.length} requests waited for the balancer, the first was served ${firstMs.toFixed(0)} ms after SIGCONT; ` +
        `${late.length} requests to backends that had left${whereFrom(late)}${failuresOf(records)}`,
    };
  },
};
