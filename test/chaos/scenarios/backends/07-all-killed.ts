// All backends are killed, and come back one after the other.
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../processes/until.ts';
import { accountOf, failures, isServed, isTurnedAway, quantile } from '../../account.ts';
import { seenUp } from '../../balancers/balancer-process.ts';
import { monotonicMs } from '../../clock.ts';
import { journalOf, threeBackends } from '../../fleet.ts';
import type { RequestRecord, Scenario } from '../../scenario.ts';

const REFUSED_WITHIN_MS = 50;
const BACK_WITHIN_MS = 2_000;
/** What an idle harness measures truly: it is milliseconds that count here, not throughput. */
const MAX_RATE = 100;

export const scenario: Scenario = {
  number: 7,
  title: 'all killed, then back',
  bar: 'only 503 with Retry-After until the first returns, then served; long form: each 503 in < 50 ms, first 200 within 2 s',
  async run(stage) {
    const backends = await threeBackends(stage);
    const balancer = await stage.startBalancer({ backends });
    const load = await stage.startLoad({ ratePerSecond: Math.min(MAX_RATE, stage.ratePerSecond) });
    await sleep(stage.seconds(3_000, 1_000));
    const deaths = await Promise.all(backends.map((backend) => backend.kill()));
    await sleep(stage.seconds(5_000, 3_000));
    const startMs = monotonicMs();
    await backends[0].start();
    const backMs = monotonicMs();
    const isServedAgain = (record: RequestRecord) => record.endedMs >= backMs && isServed(record);
    await until('a request to be served', () => load.records.some(isServedAgain));
    await sleep(stage.seconds(1_000, 500));
    await Promise.all(backends.slice(1).map((backend) => backend.start()));
    await seenUp(
      balancer,
      backends.map(({ id }) => id),
    );
    const allUpMs = monotonicMs();
    await sleep(stage.seconds(4_000, 1_000));
    const records = await load.stop();

    const allDeadMs = Math.max(...deaths.map(({ deadMs }) => deadMs));
    const serviceMs = records.find(isServedAgain)!.endedMs - backMs;
    const meanwhile = records.filter(({ endedMs }) => endedMs >= allDeadMs && endedMs < backMs);
    // A process that is being started takes the processor from those that are timed.
    const timed = meanwhile.filter(({ endedMs }) => endedMs < startMs);
    const answersMs = timed.map(({ sentMs, endedMs }) => endedMs - sentMs);
    const others = meanwhile.filter((record) => !isTurnedAway(record));
    const slowestMs = quantile(answersMs, 1);
    // A thread of the balancer may learn of a backend after another thread has served by it.
    const servedFromMs = stage.isLong ? backMs + serviceMs : allUpMs;
    const account = accountOf(records, journalOf(backends), {
      isExcused: (record) => isTurnedAway(record) && record.dueMs <= servedFromMs,
    });
    const isQuick = stage.isWithin(slowestMs, REFUSED_WITHIN_MS) && stage.isWithin(serviceMs, BACK_WITHIN_MS);
    return {
      ...account,
      passed: meanwhile.length > 0 && others.length === 0 && isQuick && account.lost === 0 && account.wrong === 0,
      detail:
        `${meanwhile.length - others.length} × 503 with Retry-After, p99 ${quantile(answersMs, 0.99).toFixed(1)} ms, ` +
        `longest ${slowestMs.toFixed(1)} ms; others: ${failures(others) || 'none'}; ` +
        `first 200 after ${Math.round(serviceMs)} ms`,
    };
  },
};
