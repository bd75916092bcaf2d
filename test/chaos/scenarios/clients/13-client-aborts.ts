// Proves that a client which goes away in mid-response leaves nothing behind: no connection to a backend, no exchange
// that counts as in flight, and no suspicion of the backend.
import { request } from 'node:http';
import { quantile } from '../../account.ts';
import { HEALTH_PATH } from '../../backend/settings.ts';
import type { BalancerUnderTest, Scenario, Stage } from '../../scenario.ts';
import { eventsOf, metricsOf } from '../../../support/metrics.ts';
import { join, msUntil, wordsOf } from '../../support/control-plane.ts';
import { connectionsTo } from '../../support/process-stats.ts';
import { startEndlessBackend, type Endless } from '../../support/raw-endless.ts';
import { aKeptAliveAgent, read } from '../../support/raw-reader.ts';

const BACKENDS = 3;
const ABORTS = 2_000;
const AT_ONCE = 50;
/** Few, so that connections that are left behind do not pass for pooled ones. */
const POOLED = 4;
const ORDINARY = 200;
const SETTLED_WITHIN_MS = 2_000;
const PATIENCE_MS = 60_000;

export const scenario: Scenario = {
  number: 13,
  title: '2,000 client aborts in mid-response',
  bar: 'upstream sockets back to the baseline, none marked down, in-flight zero; long form: within 2 s',
  async run(stage) {
    const abortedAtMs = new Map<string, number>();
    const heardAfterMs: number[] = [];
    const heard = (id: string) => heardAfterMs.push(performance.now() - (abortedAtMs.get(id) ?? Infinity));
    const { balancer, ports } = await startBehind(stage, heard);

    const notServedBefore = await serveOrdinary(balancer.port, stage.isSecure);
    const baseline = connectionsTo(ports);
    const aborted = await abortMany(balancer.port, abortedAtMs);
    const openThen = connectionsTo(ports);
    const hasSettled = async () => connectionsTo(ports) <= baseline && (await metricsOf(balancer)).fleet.inFlight === 0;
    const settledAfterMs = await msUntil(hasSettled, PATIENCE_MS);
    const openNow = connectionsTo(ports);
    const { inFlight } = (await metricsOf(balancer)).fleet;
    const notServedAfter = await serveOrdinary(balancer.port, stage.isSecure);

    const flips = (await eventsOf(balancer)).filter(({ to }) => to !== 'joining' && to !== 'up');
    const lost = notServedBefore + notServedAfter;
    const isWhole = aborted === ABORTS && lost === 0 && flips.length === 0;
    return {
      requests: ABORTS + 2 * ORDINARY,
      lost,
      duplicated: 0,
      wrong: 0,
      longestGapMs: 0,
      passed: isWhole && settledAfterMs !== undefined && stage.isWithin(settledAfterMs, SETTLED_WITHIN_MS),
      detail: [
        `${aborted} aborted`,
        `upstream sockets ${baseline} before, ${openThen} at the last abort, ${openNow} then`,
        settledAfterMs === undefined ? `not settled within ${PATIENCE_MS} ms` : `settled in ${settledAfterMs} ms`,
        `${inFlight} in flight`,
        `the backend heard of an abort in ${Math.round(quantile(heardAfterMs, 0.99))} ms (p99 of ${heardAfterMs.length})`,
        flips.length === 0 ? 'no backend under suspicion' : `flips: ${flips.slice(0, 3).map(wordsOf).join(', ')}`,
      ].join('; '),
    };
  },
};

async function startBehind(stage: Stage, heard: (id: string) => void) {
  const raw = await Promise.all(Array.from({ length: BACKENDS }, () => startEndlessBackend(heard)));
  for (const { stop } of raw) stage.onEnd(stop);
  const backends = raw.map(({ port }, b) => ({ id: `endless-${b + 1}`, port }));
  const balancer: BalancerUnderTest = await stage.startBalancer({ backends, awaited: [] });
  await join(
    balancer.control,
    backends.map(({ id, port }) => ({ id, url: `http://127.0.0.1:${port}`, pingPath: HEALTH_PATH })),
  );
  return { balancer, ports: backends.map(({ port }) => port) };
}

/** Sends normal requests; returns how many were not served. */
async function serveOrdinary(port: number, isSecure: boolean): Promise<number> {
  const agent = aKeptAliveAgent(POOLED, isSecure);
  const readings = await Promise.all(
    Array.from({ length: ORDINARY }, (_, turn) => read(port, `/ordinary/${turn}`, { agent, patienceMs: PATIENCE_MS })),
  );
  agent.destroy();
  return readings.filter(({ status, isComplete }) => status !== 200 || !isComplete).length;
}

/** Aborts after the first bytes of each body; returns how many bodies had begun. */
async function abortMany(port: number, abortedAtMs: Map<string, number>): Promise<number> {
  let turn = 0;
  let aborted = 0;
  const aborter = async () => {
    for (let id = turn++; id < ABORTS; id = turn++) {
      const kind: Endless = id % 2 === 0 ? 'flood' : 'drip';
      if (await abort(port, `/${kind}/${id}`, () => abortedAtMs.set(String(id), performance.now()))) aborted += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, aborter));
  return aborted;
}

function abort(port: number, path: string, beforehand: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    let hasBegun = false;
    const asked = request({ host: '127.0.0.1', port, path, agent: false, timeout: PATIENCE_MS }, (answer) => {
      answer.on('error', () => {});
      answer.once('data', () => {
        hasBegun = answer.statusCode === 200;
        beforehand();
        asked.destroy();
      });
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => {});
    asked.once('close', () => resolve(hasBegun));
    asked.end();
  });
}
