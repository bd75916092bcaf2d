// All backends respond with 500 for a while: retrying what fails everywhere makes it worse.
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed } from '../../account.ts';
import { monotonicMs } from '../../clock.ts';
import { journalOf, threeBackends } from '../../fleet.ts';
import type { RequestRecord, Scenario } from '../../scenario.ts';

const MAX_PART = 1.2;

export const scenario: Scenario = {
  number: 12,
  title: 'all respond with 500',
  bar: `attempts at most ${MAX_PART} × what was offered`,
  peers: true,
  async run(stage) {
    const backends = await threeBackends(stage);
    await stage.startBalancer({ backends });
    const load = await stage.startLoad();
    await sleep(stage.seconds(3_000, 1_000));
    await Promise.all(backends.map((backend) => backend.behave({ status: 500 })));
    const brokenMs = monotonicMs();
    await sleep(stage.seconds(10_000, 4_000));
    const mendedMs = monotonicMs();
    await Promise.all(backends.map((backend) => backend.behave({ status: 200 })));
    await sleep(stage.seconds(5_000, 1_500));
    const records = await load.stop();

    const isMeanwhile = (ms: number) => ms >= brokenMs && ms < mendedMs;
    const executions = journalOf(backends);
    const offered = records.filter(({ dueMs }) => isMeanwhile(dueMs));
    const ids = new Set(offered.map(({ id }) => id));
    const attempts = executions.filter(({ id }) => ids.has(id)).length;
    const part = attempts / offered.length;
    const isRight = (record: RequestRecord) => isServed(record) || isPassedOn(record);
    const account = accountOf(records, executions, { isRight });
    const failed = failures(records.filter((record) => !isRight(record)));
    return {
      ...account,
      passed: part <= MAX_PART && account.wrong === 0,
      detail:
        `${attempts} attempts for ${offered.length} offered: ${part.toFixed(2)} ×; ` +
        `${records.filter(isPassedOn).length} × 500 passed on${failed && `; others: ${failed}`}`,
    };
  },
};

/** The backend's own answer, whole. */
function isPassedOn({ status, isOwnBody, error }: RequestRecord): boolean {
  return status === 500 && isOwnBody && error === undefined;
}
