// Proves that time is measured by a clock that does not jump: the wall clock of the balancer and of a leased backend
// goes an hour ahead and then an hour behind, under load, and no lease expires and no state flips.
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed } from '../../account.ts';
import { HEALTH_PATH } from '../../backend/settings.ts';
import type { Scenario } from '../../scenario.ts';
import { eventsOf } from '../../../support/metrics.ts';
import { msUntil, wordsOf } from '../../support/control-plane.ts';
import { aFakeClock, clockOffsetOf } from '../../support/fake-clock.ts';

const JUMPS_SECONDS = [3_600, -3_600];
/** Short beside the time between two jumps, so that a lease that is not renewed in time is seen to lapse. */
const LEASE_SECONDS = 5;
/** Node's servers write the time of `Date` once a second. */
const JUMP_SEEN_WITHIN_MS = 60_000;
const TOLERANCE_SECONDS = 5;

export const scenario: Scenario = {
  number: 17,
  title: 'clock +1 h and −1 h',
  bar: '0 expiries, 0 errors',
  needs: ['faketime'],
  async run(stage) {
    const clock = aFakeClock(stage.folder);
    const leased = { leaseSeconds: LEASE_SECONDS };
    const jumping = await stage.startBackend({ ...leased, prefix: clock.prefix });
    const others = await Promise.all([stage.startBackend(leased), stage.startBackend(leased)]);
    const balancer = await stage.startBalancer({ backends: [jumping, ...others], prefix: clock.prefix });
    const urls = [`${balancer.control}/api/v1/metrics`, `http://127.0.0.1:${jumping.port}${HEALTH_PATH}`];

    const load = await stage.startLoad();
    await sleep(stage.seconds(5, 2) * 1000);
    const jumpsSeen: boolean[] = [];
    for (const offset of JUMPS_SECONDS) {
      clock.setOffset(offset);
      const isThere = async () => {
        const offsets = await Promise.all(urls.map(clockOffsetOf));
        return offsets.every((seen) => Math.abs(seen - offset) < TOLERANCE_SECONDS);
      };
      jumpsSeen.push((await msUntil(isThere, JUMP_SEEN_WITHIN_MS)) !== undefined);
      await sleep(stage.seconds(20, 1.5 * LEASE_SECONDS) * 1000);
    }
    const records = await load.stop();
    const account = accountOf(records, []);
    const failed = failures(records.filter((record) => !isServed(record)));

    const flips = (await eventsOf(balancer)).filter(
      ({ from, to }) => !(from === null || (from === 'joining' && to === 'up')),
    );
    const haveAllJumped = jumpsSeen.every((seen) => seen);
    return {
      ...account,
      passed: account.lost === 0 && account.wrong === 0 && flips.length === 0 && haveAllJumped,
      detail: [
        haveAllJumped
          ? 'both jumps seen in Date of balancer and backend'
          : 'the clock did not jump: nothing was proved',
        flips.length === 0 ? 'no expiry, no flip' : `flips: ${flips.slice(0, 3).map(wordsOf).join(', ')}`,
        ...(failed ? [failed] : []),
      ].join('; '),
    };
  },
};
