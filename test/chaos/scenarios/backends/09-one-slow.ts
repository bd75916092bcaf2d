// One of three backends responds to pings as before, but to requests only after 30 s.
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../processes/until.ts';
import { accountOf, failures, isServed, latencyMs } from '../../account.ts';
import { monotonicMs } from '../../clock.ts';
import { journalOf, threeBackends } from '../../fleet.ts';
import type { Scenario } from '../../scenario.ts';
import { ejectedAtMs } from '../../support/control-plane.ts';

const DELAY_MS = 30_000;
const SLOW_MS = 1_000;
const MAX_SLOW = 10;

export const scenario: Scenario = {
  number: 9,
  title: 'one responds after 30 s',
  bar: `it is ejected, no 504 on a GET; long form: at most ${MAX_SLOW} slow responses before`,
  async run(stage) {
    const backends = await threeBackends(stage);
    const balancer = await stage.startBalancer({ backends });
    const load = await stage.startLoad();
    await sleep(stage.seconds(5_000, 1_500));
    const [victim] = backends;
    await victim.behave({ delayMs: DELAY_MS });
    const slowFromMs = monotonicMs();
    let ejectedMs: number | undefined;
    await until(`${victim.id} to be ejected`, async () => {
      ejectedMs = await ejectedAtMs(balancer, victim.id);
      return ejectedMs !== undefined;
    });
    // In the long form until an ejection ends, and the backend is tried again.
    await sleep(Math.max(1_000, stage.seconds(40_000, 0) - (monotonicMs() - slowFromMs)));
    const records = await load.stop();
    const slow = records.filter((record) => latencyMs(record) > SLOW_MS);
    const before = slow.filter(({ sentMs }) => sentMs <= ejectedMs!).length;
    const account = accountOf(records, journalOf(backends));
    const failed = failures(records.filter((record) => !isServed(record)));
    return {
      ...account,
      passed: account.lost === 0 && account.wrong === 0 && (!stage.isLong || before <= MAX_SLOW),
      detail:
        `ejected after ${Math.round(ejectedMs! - slowFromMs)} ms; ${before} slow before, ` +
        `${slow.length - before} after, when it was tried again${failed && `; ${failed}`}`,
    };
  },
};
