// One of three backends is killed under POSTs, which must not be repeated once they were sent.
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed } from '../../account.ts';
import { monotonicMs } from '../../clock.ts';
import { journalOf, threeBackends } from '../../fleet.ts';
import type { RequestRecord, Scenario } from '../../scenario.ts';

/** No more requests than these can be in flight. */
const CONNECTIONS = 64;
/** A balancer learns of a death when its event loop comes to it; what it sends until then is in flight too. */
const LEARNS_WITHIN_MS = 100;

export const scenario: Scenario = {
  number: 2,
  title: 'SIGKILL one under POSTs, and back',
  bar: '0 executed twice; failed at most what was in flight on it; refused POSTs are retried',
  async run(stage) {
    const backends = await threeBackends(stage);
    await stage.startBalancer({ backends });
    const load = await stage.startLoad({ methods: ['POST'], connections: CONNECTIONS });
    await sleep(stage.seconds(5_000, 1_500));
    const death = await backends[0].kill();
    await sleep(stage.seconds(7_000, 2_500));
    const backMs = monotonicMs();
    await backends[0].start();
    await sleep(stage.seconds(8_000, 2_000));
    const records = await load.stop();

    const executions = journalOf(backends);
    const [victim] = backends;
    const elsewhere = new Set(executions.filter(({ backend }) => backend !== victim.id).map(({ id }) => id));
    /** In flight on the victim when it died, or sent there before the balancer knew. */
    const isExcused = ({ id, sentMs, endedMs }: RequestRecord) =>
      endedMs >= death.atMs &&
      sentMs < backMs &&
      !elsewhere.has(id) &&
      stage.isWithin(sentMs - death.deadMs, LEARNS_WITHIN_MS);
    const account = accountOf(records, executions, { isExcused });
    const failed = records.filter((record) => !isServed(record));
    const lastSentMs = Math.max(...failed.map(({ sentMs }) => sentMs - death.deadMs));
    const unfinished = executions.filter(({ endedMs }) => endedMs === undefined).length;
    return {
      ...account,
      passed: account.lost + account.duplicated + account.wrong === 0 && failed.length <= CONNECTIONS,
      detail:
        `${failed.length} failed` +
        (failed.length > 0
          ? ` (${failures(failed)}; the last sent ${lastSentMs.toFixed(0)} ms after the death), `
          : ', ') +
        `${failed.filter(isExcused).length} of them in flight on the victim, which left ${unfinished} unfinished`,
    };
  },
};
