// Backends close connections that were idle for a second, without having said so, and bursts come about then: what is
// sent on a connection that is being closed gets lost.
import { accountOf, failures, isServed, isTurnedAway } from '../../account.ts';
import { journalOf, threeBackends } from '../../fleet.ts';
import type { RequestRecord, Scenario } from '../../scenario.ts';

const IDLE_MS = 1_000;
const GAP_MS = { least: 950, most: 1_050 };
const BURST = 48;
/** Little, so that idleness begins when the burst does. */
const DELAY_MS = 2;

export const scenario: Scenario = {
  number: 8,
  title: 'idle connections closed after 1 s, bursts then',
  bar: '0 × 502, 0 duplicates',
  peers: true,
  async run(stage) {
    const backends = await threeBackends(stage, { closeIdleAfterMs: IDLE_MS, delayMs: DELAY_MS });
    await stage.startBalancer({ backends, idleMs: IDLE_MS });
    const bursts = stage.seconds(60, 12);
    const load = await stage.startLoad({ dueMs: dueTimes(bursts), methods: ['GET', 'POST'] });
    const records = await load.finished();
    // On a busy machine a burst of new connections may take so long that backends fall under suspicion.
    const isExcused = (record: RequestRecord) => !stage.isLong && isTurnedAway(record);
    const account = accountOf(records, journalOf(backends), { isExcused });
    const failed = failures(records.filter((record) => !isServed(record)));
    return {
      ...account,
      passed: account.lost + account.duplicated + account.wrong === 0,
      detail: `${bursts} bursts of ${BURST}: ${failed || 'no 502, nor any other failure'}`,
    };
  },
};

/** Milliseconds from the start. */
function dueTimes(bursts: number): number[] {
  const due: number[] = [];
  for (let burst = 0, atMs = 0; burst < bursts; burst++) {
    for (let request = 0; request < BURST; request++) due.push(atMs);
    atMs += GAP_MS.least + Math.random() * (GAP_MS.most - GAP_MS.least);
  }
  return due;
}
