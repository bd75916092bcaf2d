// A thousand connections that send slowly, read slowly, or leave, beside 200 good requests a second: none of those may fail,
// and nothing stays in flight for clients that have left.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { failures, isServed, latencyMs, quantile } from '../../chaos/account.ts';
import { ChaosProcess } from '../../chaos/processes.ts';
import type { BalancerUnderTest, RequestRecord } from '../../chaos/scenario.ts';
import { ChaosStage } from '../../chaos/stage.ts';
import { join, msUntil } from '../../chaos/support/control-plane.ts';
import type { AtEnd } from '../../support/lifetime.ts';
import { metricsOf } from '../../support/metrics.ts';
import type { Attack, Check } from '../attack.ts';
import { BEHAVIOURS } from '../slow/behaviours.ts';
import { Crowd, type Behaviour } from '../slow/crowd.ts';

const CONNECTIONS = 1_000;
const RATE_PER_SECOND = 200;
const BACKENDS = 3;
/** How long requests may stay in flight once their clients have left: less than REQUEST_TIMEOUT_SECONDS, which is no remedy. */
const SETTLED_WITHIN_MS = 15_000;
const LONG_SECONDS = 20;
const SHORT_SECONDS = 5;
const PROGRAM = fileURLToPath(new URL('../slow/backend.ts', import.meta.url));

export const attack: Attack = {
  name: 'slow',
  title: `${CONNECTIONS} slow connections beside ${RATE_PER_SECOND} good requests a second: none of these fails`,
  async run({ isLong }, atEnd) {
    const { stage, balancer } = await startBalancer(atEnd);
    // The long form has each behaviour on its own, the short one all of them together.
    const each = Math.floor(CONNECTIONS / (isLong ? 1 : BEHAVIOURS.length));
    const groups = isLong ? BEHAVIOURS.map((behaviour) => [behaviour]) : [BEHAVIOURS];
    const checks: Check[] = [];
    const details: string[] = [];
    for (const group of groups) {
      const { check, words } = await attackWith(stage, balancer, group, each, isLong ? LONG_SECONDS : SHORT_SECONDS);
      checks.push(...check);
      details.push(words);
    }
    return { checks, detail: details.join('; ') };
  },
};

async function startBalancer(atEnd: AtEnd): Promise<{ stage: ChaosStage; balancer: BalancerUnderTest }> {
  const stage = new ChaosStage('fairlead', {
    isLong: false,
    isSecure: false,
    soakMinutes: undefined,
    ratePerSecond: RATE_PER_SECOND,
    variables: { SLOW_START_SECONDS: '0', REGISTRY_FILE: 'none' },
  });
  atEnd(() => stage.end());
  const backends = Array.from({ length: BACKENDS }, (_, index) => {
    const started = new ChaosProcess(`slow-${index}`, [process.execPath, PROGRAM], { hasMessages: true });
    stage.onEnd(() => started.end());
    return started.message((port) => (typeof port === 'number' ? port : undefined));
  });
  const known = (await Promise.all(backends)).map((port, index) => ({ id: `slow-${index}`, port }));
  const balancer = await stage.startBalancer({ backends: known, awaited: [] });
  await join(
    balancer.control,
    known.map(({ id, port }) => ({ id, url: `http://127.0.0.1:${port}` })),
  );
  return { stage, balancer };
}

async function attackWith(
  stage: ChaosStage,
  balancer: BalancerUnderTest,
  group: readonly Behaviour[],
  connections: number,
  seconds: number,
) {
  const load = await stage.startLoad({ ratePerSecond: RATE_PER_SECOND });
  const controlPort = Number(new URL(balancer.control).port);
  const crowds = group.map((behaviour) => {
    return new Crowd(behaviour.isAtControlPlane ? controlPort : balancer.port, connections, behaviour);
  });
  await sleep(seconds * 1_000);
  const records = await load.stop();
  for (const crowd of crowds) crowd.stop();
  const inFlight = async () => (await metricsOf(balancer).catch(() => undefined))?.fleet.inFlight;
  const settledMs = await msUntil(async () => (await inFlight()) === 0, SETTLED_WITHIN_MS);
  const failed = records.filter((record) => !isServed(record));
  const p99 = (some: readonly RequestRecord[]) => quantile(some.filter(isServed).map(latencyMs), 0.99).toFixed(0);
  // At first the connections are opened, and the buffers on the way of what is not read are filled.
  const secondHalf = records.slice(Math.floor(records.length / 2));
  const name = group.length === 1 ? group[0].name : 'all at once';
  const begun = crowds.reduce((sum, crowd) => sum + crowd.begun, 0);
  const left = settledMs === undefined ? `${(await inFlight()) ?? 'unknown'} requests` : undefined;
  const check: Check[] = [
    {
      name: `${name}: good requests`,
      problem: failed.length > 0 ? `${failed.length} of ${records.length} failed: ${failures(failed)}` : undefined,
    },
    {
      name: `${name}: nothing stays in flight`,
      problem: left && `${left} are in flight ${SETTLED_WITHIN_MS / 1000} s after their clients have left`,
    },
    { name: `${name}: the balancer runs`, problem: balancer.hasEnded ? balancer.output.slice(-500) : undefined },
  ];
  return {
    check,
    words: `${name}: ${begun} connections, p99 of ${records.length} good requests ${p99(records)} ms, of the second half ${p99(secondHalf)} ms`,
  };
}
