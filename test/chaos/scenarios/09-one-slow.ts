// One of three backends answers pings as before, and requests after 30 s.
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed, latencyMs } from '../account.ts';
import { journalOf, threeBackends } from '../fleet.ts';
import type { Scenario } from '../scenario.ts';

const DELAY_MS = 30_000;
const SLOW_MS = 1_000;
const MAX_SLOW = 10;

export const scenario: Scenario = {
  number: 9,
  title: 'one responds after 30 s',
  bar: `at most ${MAX_SLOW} slow answers before it is ejected, no 504 on a GET`,
  async run(stage) {
    const backends = await threeBackends(stage);
    await stage.startBalancer({ backends });
    const load = await stage.startLoad();
    await sleep(stage.seconds(5_000, 1_500));
    await backends[0].behave({ delayMs: DELAY_MS });
    await sleep(stage.seconds(40_000, 6_000));
    const records = await load.stop();
    const slow = records.filter((record) => latencyMs(record) > SLOW_MS);
    const account = accountOf(records, journalOf(backends));
    const failed = failures(records.filter((record) => !isServed(record)));
    return {
      ...account,
      passed: slow.length <= MAX_SLOW && account.lost === 0 && account.wrong === 0,
      detail: `${slow.length} slow${failed && `; ${failed}`}`,
    };
  },
};
