// Proves that backends which vanish silently cost a GET no more than the time that a connection may take: half
// of a fleet under load goes silent, with connections open and requests on them.
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed } from '../../account.ts';
import type { Scenario } from '../../scenario.ts';
import { VANISHING_NETWORK, startVanishingBackends } from '../../support/black-hole.ts';
import { metricsOf } from '../../../support/metrics.ts';
import { join } from '../../support/control-plane.ts';

const STAYING = 2;
const VANISHING = 2;
const GRACE_MS = 100;
/** Enough that no request waits for a connection to the balancer while others wait for a backend. */
const CONNECTIONS = 256;
const RATE_PER_SECOND = 200;

export const scenario: Scenario = {
  number: 14,
  title: 'half of the fleet black-holed',
  bar: `GETs succeed; long form: within connect timeout + ${GRACE_MS} ms`,
  needs: ['ip'],
  async run(stage) {
    // In the short form so long that a busy machine does not let a backend pass for silent that is not.
    const connectTimeoutSeconds = stage.seconds(0.5, 3);
    const limitMs = connectTimeoutSeconds * 1000 + GRACE_MS;
    const vanishing = await startVanishingBackends(VANISHING);
    stage.onEnd(vanishing.stop);
    const staying = await Promise.all(Array.from({ length: STAYING }, () => stage.startBackend({ delayMs: 0 })));
    const balancer = await stage.startBalancer({
      backends: staying,
      // A request on a connection that is open already learns of the silence by the attempt's deadline only.
      variables: {
        CONNECT_TIMEOUT_SECONDS: String(connectTimeoutSeconds),
        ATTEMPT_TIMEOUT_SECONDS: String(connectTimeoutSeconds),
        BACKEND_NETWORKS: `loopback,${VANISHING_NETWORK}`,
      },
    });
    const vanishingIds = vanishing.urls.map((_, v) => `vanishing-${v + 1}`);
    await join(
      balancer.control,
      vanishing.urls.map((url, v) => ({ id: vanishingIds[v], url })),
    );

    const ratePerSecond = Math.min(RATE_PER_SECOND, stage.ratePerSecond);
    const load = await stage.startLoad({ ratePerSecond, connections: CONNECTIONS });
    await sleep(stage.seconds(5, 2) * 1000);
    const before = await metricsOf(balancer);
    const servedBefore = before.backends.filter(({ id }) => vanishingIds.includes(id)).map(({ requests }) => requests);
    await vanishing.vanish();
    await sleep(stage.seconds(20, 6) * 1000);
    const records = await load.stop();
    const { fleet } = await metricsOf(balancer);

    const account = accountOf(records, []);
    const served = records.filter(isServed);
    const latenciesMs = served.map(({ sentMs, endedMs }) => endedMs - sentMs);
    const slowestMs = Math.round(Math.max(0, ...latenciesMs));
    const late = latenciesMs.filter((latencyMs) => latencyMs > limitMs).length;
    const failed = failures(records.filter((record) => !isServed(record)));
    const wereUsed = servedBefore.every((requests) => requests > 0);
    return {
      ...account,
      passed: account.lost === 0 && account.wrong === 0 && stage.isWithin(slowestMs, limitMs) && wereUsed,
      detail: [
        vanishing.means,
        `slowest ${slowestMs} ms, ${late} over ${limitMs} ms`,
        `the ${VANISHING} had served ${servedBefore.join(' and ')}`,
        `${fleet.up} of ${STAYING + VANISHING} up at the end`,
        ...(failed ? [failed] : []),
      ].join('; '),
    };
  },
};
