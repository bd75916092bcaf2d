// All backends are killed, and come back one after the other.
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed, quantile } from '../account.ts';
import { monotonicMs } from '../clock.ts';
import { journalOf, threeBackends } from '../fleet.ts';
import type { RequestRecord, Scenario } from '../scenario.ts';

const REFUSED_WITHIN_MS = 50;
const BACK_WITHIN_MS = 2_000;
/** What an idle harness measures truly: it is milliseconds that count here, not throughput. */
const MAX_RATE = 100;

export const scenario: Scenario = {
  number: 7,
  title: 'all killed, then back',
  bar: 'only 503 with Retry-After, each in < 50 ms (short form: p99); first 200 within 2 s of the first return',
  async run(stage) {
    const backends = await threeBackends(stage);
    await stage.startBalancer({ backends });
    const load = await stage.startLoad({ ratePerSecond: Math.min(MAX_RATE, stage.ratePerSecond) });
    await sleep(stage.seconds(3_000, 1_000));
    const deaths = await Promise.all(backends.map((backend) => backend.kill()));
    await sleep(stage.seconds(5_000, 3_000));
    const startMs = monotonicMs();
    await backends[0].start();
    const backMs = monotonicMs();
    await sleep(1_000);
    await Promise.all(backends.slice(1).map((backend) => backend.start()));
    await sleep(stage.seconds(4_000, 1_500));
    const records = await load.stop();

    const allDeadMs = Math.max(...deaths.map(({ deadMs }) => deadMs));
    const firstServed = records.find((record) => record.endedMs >= backMs && isServed(record));
    const serviceMs = firstServed === undefined ? Infinity : firstServed.endedMs - backMs;
    const meanwhile = records.filter(({ endedMs }) => endedMs >= allDeadMs && endedMs < backMs);
    // A process that is being started takes the processor from those that are timed.
    const timed = meanwhile.filter(({ endedMs }) => endedMs < startMs);
    const answersMs = timed.map(({ sentMs, endedMs }) => endedMs - sentMs);
    const others = meanwhile.filter((record) => !isTurnedAway(record));
    const slowestMs = quantile(answersMs, 1);
    // A CI machine holds up one process or another now and then; what that costs stands in the detail.
    const judgedMs = quantile(answersMs, stage.isLong ? 1 : 0.99);
    const account = accountOf(records, journalOf(backends), {
      isExcused: (record) => isTurnedAway(record) && record.dueMs <= backMs + serviceMs,
    });
    const isQuick = judgedMs < REFUSED_WITHIN_MS && serviceMs <= BACK_WITHIN_MS;
    return {
      ...account,
      passed: meanwhile.length > 0 && others.length === 0 && isQuick && account.lost === 0 && account.wrong === 0,
      detail:
        `${meanwhile.length - others.length} × 503 with Retry-After, p99 ${quantile(answersMs, 0.99).toFixed(1)} ms, ` +
        `longest ${slowestMs.toFixed(1)} ms; others: ${failures(others) || 'none'}; ` +
        `first 200 ${Number.isFinite(serviceMs) ? `after ${Math.round(serviceMs)} ms` : 'never'}`,
    };
  },
};

function isTurnedAway({ status, retryAfter, error }: RequestRecord): boolean {
  return status === 503 && retryAfter !== undefined && error === undefined;
}
