// One of three backends is killed under GETs, and comes back.
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed } from '../../account.ts';
import { journalOf, threeBackends } from '../../fleet.ts';
import type { Scenario } from '../../scenario.ts';

export const scenario: Scenario = {
  number: 1,
  title: 'SIGKILL one under GETs, and back',
  bar: '0 lost',
  peers: true,
  async run(stage) {
    const backends = await threeBackends(stage);
    await stage.startBalancer({ backends });
    const load = await stage.startLoad();
    await sleep(stage.seconds(5_000, 1_500));
    await backends[0].kill();
    await sleep(stage.seconds(7_000, 2_500));
    await backends[0].start();
    await sleep(stage.seconds(8_000, 2_000));
    const records = await load.stop();
    const account = accountOf(records, journalOf(backends));
    const failed = failures(records.filter((record) => !isServed(record)));
    return {
      ...account,
      passed: account.lost === 0 && account.wrong === 0,
      detail: failed || 'every GET got the right response',
    };
  },
};
