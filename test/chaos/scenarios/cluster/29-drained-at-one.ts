// An operator drains backends at one balancer, and no balancer sends them requests once it has acknowledged that. One
// of the others is suspended meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { failuresOf, startCluster } from '../../cluster/cluster.ts';
import { monotonicMs } from '../../clock.ts';
import type { Scenario } from '../../scenario.ts';
import { ask } from '../../support/control-plane.ts';

/** Well below what makes the fleet of a balancer invalid. */
const SUSPENDED_MS = 500;

export const scenario: Scenario = {
  number: 29,
  title: 'drain at one of 3 balancers',
  bar: '0 lost, no new request from any after the acknowledgement',
  needs: ['redis-server'],
  async run(stage) {
    const cluster = await startCluster(stage);
    const load = await cluster.startLoad({ methods: ['GET', 'POST'] });
    const rounds = stage.seconds(5, 1);
    const drains: { readonly backend: string; readonly acknowledgedMs: number; readonly endedMs: number }[] = [];
    for (let turn = 0; turn < rounds * cluster.members.length; turn++) {
      const backend = cluster.members[turn % cluster.members.length];
      const [drainer, resumer, suspended] = [turn, turn + 1, turn + 2].map(
        (i) => cluster.balancers[i % cluster.balancers.length],
      );
      // It wakes with requests that wait for it, and must learn of the drain before the drain is acknowledged.
      process.kill(suspended.pid, 'SIGSTOP');
      const [acknowledgedMs] = await Promise.all([
        ask(drainer.control, backend.id, 'drain').then(monotonicMs),
        sleep(SUSPENDED_MS).then(() => process.kill(suspended.pid, 'SIGCONT')),
      ]);
      await sleep(stage.seconds(2_000, 500));
      drains.push({ backend: backend.id, acknowledgedMs, endedMs: monotonicMs() });
      await ask(resumer.control, backend.id, 'resume');
      await cluster.seenUp([backend]);
    }
    await cluster.agreed();
    const records = await load.stop();

    const account = cluster.account(records);
    const sentMs = new Map(records.map((record) => [record.id, record.sentMs]));
    const late = cluster.backends.flatMap((backend) => {
      const own = drains.filter((drain) => drain.backend === backend.id);
      // One that was sent before the acknowledgement may have been on its way, however long it took.
      return backend
        .journal()
        .filter(({ id, startedMs }) =>
          own.some(
            ({ acknowledgedMs, endedMs }) =>
              startedMs > acknowledgedMs && startedMs < endedMs && sentMs.get(id)! > acknowledgedMs,
          ),
        );
    });
    return {
      ...account,
      passed: account.lost + account.duplicated + account.wrong + late.length === 0,
      detail: `${drains.length} drains; ${late.length} requests after the acknowledgement${failuresOf(records)}`,
    };
  },
};
