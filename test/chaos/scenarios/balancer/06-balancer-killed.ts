// The balancer is killed and started again; what it knew of the fleet stands in its registry file.
import { join as path } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, isServed } from '../../account.ts';
import { fleetStates } from '../../balancers/balancer-process.ts';
import { monotonicMs } from '../../clock.ts';
import { journalOf, threeBackends } from '../../fleet.ts';
import { until } from '../../../processes/until.ts';
import type { RequestRecord, Scenario } from '../../scenario.ts';
import { ask, join, registrationOf } from '../../support/control-plane.ts';

const SERVING_WITHIN_MS = 2_000;

export const scenario: Scenario = {
  number: 6,
  title: 'SIGKILL to the balancer, and start',
  bar: 'serving again, the registry whole; long form: within 2 s of the start',
  async run(stage) {
    const registered = await threeBackends(stage);
    // Who registers itself does so again. These do not: whether they are known can come from the file alone.
    const [known, drained] = await Promise.all([
      stage.startBackend({ id: 'known', registers: false }),
      stage.startBackend({ id: 'drained', registers: false }),
    ]);
    const balancer = await stage.startBalancer({
      backends: registered,
      variables: { REGISTRY_FILE: path(stage.folder, 'registry.sqlite') },
    });
    await join(balancer.control, [known, drained].map(registrationOf));
    await ask(balancer.control, drained.id, 'drain');

    const load = await stage.startLoad();
    await sleep(stage.seconds(3_000, 1_000));
    const before = await fleetStates(balancer.control);
    const executedByDrained = drained.journal().length;
    const killedMs = monotonicMs();
    await balancer.stop('SIGKILL');
    const startMs = monotonicMs();
    await balancer.start();
    let after: ReadonlyMap<string, string> | undefined;
    await until('the control plane to respond', async () => {
      after = await fleetStates(balancer.control);
      return after !== undefined;
    });
    await until('a request to be served', () => firstServedAfter(startMs, load.records) < Infinity);
    await sleep(stage.seconds(5_000, 1_000));
    const records = await load.stop();

    const servingMs = firstServedAfter(startMs, records) - startMs;
    const backends = [...registered, known, drained];
    const servedFromMs = startMs + (stage.isLong ? Math.min(servingMs, SERVING_WITHIN_MS) : servingMs);
    const isMeanwhile = ({ dueMs, endedMs }: RequestRecord) => endedMs >= killedMs && dueMs <= servedFromMs;
    const account = accountOf(records, journalOf(backends), { isExcused: isMeanwhile });
    const forgotten = [...(before?.keys() ?? [])].filter((id) => !after?.has(id));
    const isDrainKept = after?.get('drained') === 'draining' && drained.journal().length === executedByDrained;
    const refused = records.filter((record) => isMeanwhile(record) && !isServed(record)).length;
    return {
      ...account,
      passed:
        stage.isWithin(servingMs, SERVING_WITHIN_MS) && forgotten.length === 0 && isDrainKept && account.wrong === 0,
      detail:
        `serving after ${Math.round(servingMs)} ms; ` +
        `${forgotten.length === 0 ? 'no backend' : forgotten.join(', ')} forgotten; drain ${isDrainKept ? 'kept' : 'lost'}; ` +
        `${refused} requests not served meanwhile`,
    };
  },
};

/** When the first right response to a request that was sent after a moment was whole; `Infinity` when there was none. */
function firstServedAfter(sinceMs: number, records: readonly RequestRecord[]): number {
  const served = records.filter((record) => isServed(record) && record.sentMs >= sinceMs);
  return served.reduce((first, { endedMs }) => Math.min(first, endedMs), Infinity);
}
