// The balancer is killed and started again; what it knew of the fleet stands in its registry file.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, isServed } from '../account.ts';
import { fleetStates, seenUp } from '../balancers/balancer-process.ts';
import { monotonicMs } from '../clock.ts';
import { journalOf, threeBackends } from '../fleet.ts';
import { until } from '../processes.ts';
import type { ChaosBackend, RequestRecord, Scenario } from '../scenario.ts';

const SERVING_WITHIN_MS = 2_000;

export const scenario: Scenario = {
  number: 6,
  title: 'SIGKILL to the balancer, and start',
  bar: 'serving within 2 s of the start, the registry whole',
  async run(stage) {
    const registered = await threeBackends(stage);
    // Who registers itself does so again. These do not: whether they are known can come from the file alone.
    const [known, drained] = await Promise.all([
      stage.startBackend({ id: 'known', registers: false }),
      stage.startBackend({ id: 'drained', registers: false }),
    ]);
    const balancer = await stage.startBalancer({
      backends: registered,
      variables: { REGISTRY_FILE: join(stage.folder, 'registry.sqlite') },
    });
    for (const backend of [known, drained]) await register(balancer.control, backend);
    await seenUp(balancer, ['known', 'drained']);
    await ask(`${balancer.control}/api/v1/backends/drained/drain`);

    const load = await stage.startLoad();
    await sleep(stage.seconds(3_000, 1_000));
    const before = await fleetStates(balancer.control);
    const executedByDrained = drained.journal().length;
    const killedMs = monotonicMs();
    await balancer.stop('SIGKILL');
    const startMs = monotonicMs();
    await balancer.start();
    let after: ReadonlyMap<string, string> | undefined;
    await until('the control plane to answer', async () => {
      after = await fleetStates(balancer.control);
      return after !== undefined;
    });
    await sleep(stage.seconds(5_000, 2_500));
    const records = await load.stop();

    const servingMs = firstServedAfter(startMs, records) - startMs;
    const backends = [...registered, known, drained];
    const account = accountOf(records, journalOf(backends), {
      isExcused: ({ endedMs, dueMs }) => endedMs >= killedMs && dueMs <= startMs + servingMs,
    });
    const forgotten = [...(before?.keys() ?? [])].filter((id) => !after?.has(id));
    const isDrainKept = after?.get('drained') === 'draining' && drained.journal().length === executedByDrained;
    const duringMs = { from: killedMs, to: startMs + servingMs };
    const refused = records.filter(
      (record) => !isServed(record) && record.endedMs >= duringMs.from && record.dueMs <= duringMs.to,
    ).length;
    return {
      ...account,
      passed: servingMs <= SERVING_WITHIN_MS && forgotten.length === 0 && isDrainKept && account.wrong === 0,
      detail:
        `serving ${Number.isFinite(servingMs) ? `after ${Math.round(servingMs)} ms` : 'never again'}; ` +
        `${forgotten.length === 0 ? 'nobody' : forgotten.join(', ')} forgotten; drain ${isDrainKept ? 'kept' : 'lost'}; ` +
        `${refused} requests not served meanwhile`,
    };
  },
};

/** When the first right answer to a request that was sent after a moment was whole; `Infinity` when there was none. */
function firstServedAfter(sinceMs: number, records: readonly RequestRecord[]): number {
  const served = records.filter((record) => isServed(record) && record.sentMs >= sinceMs);
  return served.reduce((first, { endedMs }) => Math.min(first, endedMs), Infinity);
}

async function register(control: string, { id, port }: ChaosBackend): Promise<void> {
  const resources = { compute: 100, storage: 100 };
  await ask(`${control}/api/v1/backends`, { id, port, resources, pingPath: '/health' });
}

async function ask(url: string, body: object = {}): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}
