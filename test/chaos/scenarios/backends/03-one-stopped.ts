// One of three backends stands still for a while: its connections stay open, and nothing comes from it.
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed, latencyMs, quantile } from '../../account.ts';
import { monotonicMs } from '../../clock.ts';
import { journalOf, threeBackends } from '../../fleet.ts';
import type { Scenario } from '../../scenario.ts';

const SLOW_MS = 1_000;
const MAX_SLOW = 10;
const MAX_RATIO = 1.2;
/** Longer than the noise of a small machine, which would else make up the 99th percentile. */
const DELAY_MS = 50;
/** So that few are in flight on a backend that takes so long: those are slow, whatever is done. */
const MAX_PER_SECOND = 200;
/** How long after it goes on things may take to settle. */
const SETTLING_MS = 1_000;

export const scenario: Scenario = {
  number: 3,
  title: 'SIGSTOP one',
  bar: `0 GETs lost; long form: at most ${MAX_SLOW} over 1 s, p99 of the rest within ${MAX_RATIO} × after`,
  peers: true,
  async run(stage) {
    const backends = await threeBackends(stage, { delayMs: DELAY_MS });
    await stage.startBalancer({ backends });
    const load = await stage.startLoad({ ratePerSecond: Math.min(MAX_PER_SECOND, stage.ratePerSecond) });
    await sleep(stage.seconds(5_000, 1_500));
    const stoppedMs = monotonicMs();
    backends[0].pause();
    await sleep(stage.seconds(10_000, 5_000));
    backends[0].resume();
    const resumedMs = monotonicMs();
    await sleep(stage.seconds(8_000, 3_500));
    const records = await load.stop();

    const slow = records.filter((record) => latencyMs(record) > SLOW_MS);
    const p99 = (fromMs: number, toMs: number) =>
      quantile(
        records
          .filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs)
          .map(latencyMs)
          .filter((ms) => ms <= SLOW_MS),
        0.99,
      );
    const meanwhile = p99(stoppedMs, resumedMs);
    const after = p99(resumedMs + SETTLING_MS, Infinity);
    const account = accountOf(records, journalOf(backends));
    const failed = failures(records.filter((record) => !isServed(record)));
    const isQuick = !stage.isLong || (slow.length <= MAX_SLOW && meanwhile <= MAX_RATIO * after);
    return {
      ...account,
      passed: account.lost === 0 && account.wrong === 0 && isQuick,
      detail:
        `${slow.length} slow; p99 of the rest ${meanwhile.toFixed(1)} ms, after ${after.toFixed(1)} ms` +
        (failed && `; ${failed}`),
    };
  },
};
