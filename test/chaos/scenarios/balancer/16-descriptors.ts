// Proves that more connections than the balancer has descriptors for neither crash it nor impair it: each is
// served, refused or gets 503, and soon after they are gone all clients are served again.
import type { Scenario } from '../../scenario.ts';
import { metricsOf } from '../../../support/metrics.ts';
import { msUntil } from '../../support/control-plane.ts';
import { flood, type Fate } from '../../support/connection-flood.ts';
import { openDescriptors } from '../../support/process-stats.ts';
import { aKeptAliveAgent, read } from '../../support/raw-reader.ts';

const DESCRIPTORS = 256;
const CONNECTIONS = 1_000;
const WHOLE_WITHIN_MS = 5_000;
const BACKENDS = 3;
const AFTERWARDS = 200;
/** A request without a response by then will get none. */
const PATIENCE_MS = 60_000;
/** Acceptable results for a client: served, 503, or a refused connection. */
const ALLOWED: ReadonlySet<Fate> = new Set<Fate>([200, 503, 'refused']);

export const scenario: Scenario = {
  number: 16,
  title: `${DESCRIPTORS} descriptors and 1,000 connections`,
  bar: 'no crash; refused or 503; whole again; long form: within 5 s',
  async run(stage) {
    const backends = await Promise.all(Array.from({ length: BACKENDS }, () => stage.startBackend()));
    const balancer = await stage.startBalancer({
      backends,
      // They stand for many clients, although they have one address.
      variables: { TRAFFIC_LIMITS: '{"perClient": {"connections": 0}}' },
      prefix: ['sh', '-c', `ulimit -n ${DESCRIPTORS}; exec "$0" "$@"`],
    });
    const { pid } = balancer;
    const agent = aKeptAliveAgent(8, stage.isSecure);
    stage.onEnd(() => agent.destroy());
    const isServed = async () => (await read(balancer.port, '/', { agent, patienceMs: PATIENCE_MS })).status === 200;

    const holdMs = stage.seconds(10, 5) * 1000;
    const fates = await flood(balancer.port, CONNECTIONS, holdMs);
    const inUse = balancer.hasEnded ? 0 : openDescriptors(pid);
    const wholeAfterMs = await msUntil(isServed, PATIENCE_MS);
    const after = await Promise.all(Array.from({ length: AFTERWARDS }, isServed));
    const unserved = after.filter((served) => !served).length;
    const hasCrashed = balancer.hasEnded;
    const up = hasCrashed ? 0 : (await metricsOf(balancer)).fleet.up;

    const wrong = [...fates].reduce((sum, [fate, count]) => (ALLOWED.has(fate) ? sum : sum + count), 0);
    return {
      requests: CONNECTIONS + AFTERWARDS,
      lost: unserved,
      duplicated: 0,
      wrong,
      longestGapMs: wholeAfterMs ?? PATIENCE_MS,
      passed: !hasCrashed && wrong === 0 && unserved === 0 && stage.isWithin(wholeAfterMs ?? Infinity, WHOLE_WITHIN_MS),
      detail: [
        [...fates].map(([fate, count]) => `${count} × ${fate}`).join(', '),
        `${inUse} descriptors at their end`,
        hasCrashed ? 'it crashed' : `${up} of ${BACKENDS} backends up afterwards`,
        wholeAfterMs === undefined ? `not whole after ${PATIENCE_MS} ms` : `whole again in ${wholeAfterMs} ms`,
      ].join('; '),
    };
  },
};
