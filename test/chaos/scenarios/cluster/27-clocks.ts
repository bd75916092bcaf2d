// The clocks of three balancers are an hour apart.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failuresOf, LEASE_SECONDS, startCluster } from '../../cluster/cluster.ts';
import type { Scenario } from '../../scenario.ts';
import { eventsOf } from '../../../support/metrics.ts';
import { wordsOf } from '../../support/control-plane.ts';
import { aFakeClock, clockOffsetOf } from '../../support/fake-clock.ts';

const OFFSETS_SECONDS = [-3_600, 0, 3_600];
const TOLERANCE_SECONDS = 5;

export const scenario: Scenario = {
  number: 27,
  title: 'clocks of 3 balancers 1 h apart',
  bar: '0 lost, no lease lapses, no state flips',
  needs: ['redis-server', 'faketime'],
  async run(stage) {
    const prefixes = OFFSETS_SECONDS.map((seconds) => {
      const folder = join(stage.folder, `clock${seconds}`);
      mkdirSync(folder);
      const clock = aFakeClock(folder);
      clock.setOffset(seconds);
      return clock.prefix;
    });
    const cluster = await startCluster(stage, { prefixes });
    const offsets = await Promise.all(cluster.balancers.map(({ control }) => clockOffsetOf(`${control}/health/live`)));
    const areApart = offsets.every((seen, i) => Math.abs(seen - OFFSETS_SECONDS[i]) < TOLERANCE_SECONDS);
    const load = await cluster.startLoad({ methods: ['GET', 'POST'] });
    await sleep(stage.seconds(60, 3 * LEASE_SECONDS) * 1_000);
    await cluster.agreed();
    const records = await load.stop();
    const account = cluster.account(records);
    const events = (await Promise.all(cluster.balancers.map((balancer) => eventsOf(balancer)))).flat();
    const flips = events.filter(
      ({ kind, from, to }) => kind === 'state' && from !== null && !(from === 'joining' && to === 'up'),
    );
    return {
      ...account,
      passed: areApart && account.lost + account.duplicated + account.wrong + flips.length === 0,
      detail:
        (areApart ? 'the clocks are apart in Date of the balancers' : 'the clocks are not apart: nothing was proved') +
        (flips.length === 0 ? '; no lease lapsed, no flip' : `; flips: ${flips.slice(0, 3).map(wordsOf).join(', ')}`) +
        failuresOf(records),
    };
  },
};
