// One of three backends is killed under POSTs, which must not be repeated once they were sent.
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed } from '../account.ts';
import { journalOf, threeBackends } from '../fleet.ts';
import type { Execution, RequestRecord, Scenario } from '../scenario.ts';

/** A balancer learns of a death when its event loop comes to it; what it sends until then is in flight too. */
const LEARNS_WITHIN_MS = 100;

interface Death {
  readonly atMs: number;
  readonly deadMs: number;
}

export const scenario: Scenario = {
  number: 2,
  title: 'SIGKILL one under POSTs, and back',
  bar: '0 executed twice; failed at most what was in flight on it; refused POSTs are retried',
  async run(stage) {
    const backends = await threeBackends(stage);
    await stage.startBalancer({ backends });
    const load = await stage.startLoad({ methods: ['POST'] });
    await sleep(stage.seconds(5_000, 1_500));
    const death = await backends[0].kill();
    await sleep(stage.seconds(7_000, 2_500));
    await backends[0].start();
    await sleep(stage.seconds(8_000, 2_000));
    const records = await load.stop();

    const executions = journalOf(backends);
    const isExcused = inFlightOn(backends[0].id, death, executions);
    const account = accountOf(records, executions, { isExcused });
    const failed = records.filter((record) => !isServed(record));
    const lastSentMs = Math.max(...failed.map(({ sentMs }) => sentMs - death.deadMs));
    const unfinished = executions.filter(({ endedMs }) => endedMs === undefined).length;
    return {
      ...account,
      passed: account.lost === 0 && account.duplicated === 0 && account.wrong === 0,
      detail:
        `${failed.length} failed` +
        (failed.length > 0
          ? ` (${failures(failed)}; the last sent ${lastSentMs.toFixed(0)} ms after the death), `
          : ', ') +
        `${failed.filter(isExcused).length} of them in flight on the victim, which left ${unfinished} unfinished`,
    };
  },
};

/** Whether a request was outstanding when the victim died, and nobody else executed it. */
function inFlightOn(victim: string, { atMs, deadMs }: Death, executions: readonly Execution[]) {
  const elsewhere = new Set(executions.filter(({ backend }) => backend !== victim).map(({ id }) => id));
  return ({ id, sentMs, endedMs }: RequestRecord): boolean =>
    sentMs <= deadMs + LEARNS_WITHIN_MS && endedMs >= atMs && !elsewhere.has(id);
}
