// The balancer itself is replaced by a new one, again and again.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed } from '../../account.ts';
import { monotonicMs } from '../../clock.ts';
import { journalOf, threeBackends } from '../../fleet.ts';
import type { Scenario } from '../../scenario.ts';

const TIMES = 5;

export const scenario: Scenario = {
  number: 5,
  title: `SIGTERM to the balancer with a replacement, ${TIMES} times`,
  bar: '0 failed, 0 resets',
  peers: true,
  async run(stage) {
    const backends = await threeBackends(stage);
    const variables = { REGISTRY_FILE: join(stage.folder, 'registry.sqlite') };
    const balancer = await stage.startBalancer({ backends, variables, isReloadable: true });
    const load = await stage.startLoad({ methods: ['GET', 'POST'] });
    const tookMs: number[] = [];
    for (let time = 0; time < TIMES; time++) {
      await sleep(stage.seconds(2_000, 500));
      const startMs = monotonicMs();
      await balancer.reload();
      tookMs.push(monotonicMs() - startMs);
    }
    await sleep(stage.seconds(2_000, 500));
    const records = await load.stop();
    const account = accountOf(records, journalOf(backends));
    const failed = records.filter((record) => !isServed(record));
    const resets = failed.filter(({ error }) => error !== undefined).length;
    return {
      ...account,
      passed: account.lost + account.duplicated + account.wrong === 0,
      detail:
        `${failed.length} failed, of them ${resets} reset or refused${failed.length > 0 ? ` (${failures(failed)})` : ''}; ` +
        `a restart took at most ${Math.round(Math.max(...tookMs))} ms`,
    };
  },
};
