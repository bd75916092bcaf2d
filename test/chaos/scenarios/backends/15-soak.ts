// Proves that nothing is lost and nothing piles up when backends die, hang, lose their connections, leave and come back
// again and again: every GET is served, and the live heap of each thread and the descriptors stay what they were.
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, failures, isServed } from '../../account.ts';
import { HEALTH_PATH } from '../../backend/settings.ts';
import type { BalancerUnderTest, Scenario } from '../../scenario.ts';
import { join, msUntil } from '../../support/control-plane.ts';
import { chance, disturb, oneOf, possible, type Disturbance, type Victim } from '../../support/disturbances.ts';
import { inspectable, type HeapUse } from '../../support/live-memory.ts';
import { connectionsTo, openDescriptors, slopeOf, type Sample } from '../../support/process-stats.ts';
import { startRelay } from '../../support/resettable-relay.ts';

/** Of the first five things that it brings, all four are one: the short form sees each. */
const SEED = 7;
const EVERY_MS = 3_000;
const RATE_PER_SECOND = 200;
const MEBIBYTE = 2 ** 20;
const SLOPE_BAR_MEBIBYTES = 1;
const SLOPE_SECONDS = 600;
const SLOPE_JUDGED_FROM_SECONDS = 120;
/** The bar is missed when the slope is above it beyond doubt: by this many standard errors. */
const DOUBT = 2;
/** Long beside the time that the balancer stands still for a look at its memory. */
const SAMPLE_MS = 3_000;
/** Of the whole time, but no more than two minutes. */
const WARM_UP_PART = 0.25;
const MAX_WARM_UP_SECONDS = 120;
/** Pings of those that have just been killed come and go. */
const DESCRIPTORS_WITHIN_MS = 60_000;

export const scenario: Scenario = {
  number: 15,
  title: 'soak: kill, stop, reset, leave and re-join every 3 s',
  bar: '0 lost; live heap of each thread grows < 1 MiB per 10 min after warm-up; descriptors back to the baseline',
  async run(stage) {
    const durationSeconds = stage.soakMinutes === undefined ? stage.seconds(120, 15) : stage.soakMinutes * 60;
    const members = await Promise.all([stage.startBackend(), stage.startBackend()]);
    const behindRelay = await stage.startBackend({ registers: false });
    const relay = await startRelay(behindRelay.port);
    stage.onEnd(relay.stop);
    const { variables, port: inspector, heaps } = await inspectable(stage);
    const balancer = await stage.startBalancer({ backends: members, variables });
    await join(balancer.control, [
      { id: behindRelay.id, url: `http://127.0.0.1:${relay.port}`, pingPath: HEALTH_PATH },
    ]);

    // Without connections to the control plane and the inspector, which come and go with renewals and looks at memory.
    const own = [Number(new URL(balancer.control).port), inspector];
    const descriptors = () => openDescriptors(balancer.pid) - connectionsTo(own);
    const descriptorsBefore = descriptors();
    const load = await stage.startLoad({ ratePerSecond: Math.min(RATE_PER_SECOND, stage.ratePerSecond) });
    const sampling = sampleHeaps(balancer, heaps);
    const victims: readonly Victim[] = [
      ...members.map((backend) => ({ backend, reset: undefined, isMember: true })),
      { backend: behindRelay, reset: () => void relay.reset(), isMember: false },
    ];
    const done = await disturbFor(durationSeconds * 1_000, victims);
    const samples = await sampling.stop();
    const records = await load.stop();

    // All clients and backends are gone, so any connection that is still open has leaked.
    relay.stop();
    await Promise.all(victims.map(({ backend }) => backend.kill()));
    let descriptorsAfter = Infinity;
    await msUntil(() => {
      descriptorsAfter = Math.min(descriptorsAfter, descriptors());
      return descriptorsAfter <= descriptorsBefore;
    }, DESCRIPTORS_WITHIN_MS);

    const warmUpSeconds = Math.min(MAX_WARM_UP_SECONDS, WARM_UP_PART * durationSeconds);
    const growths = [...samples].map(([thread, all]) => growthOf(thread, all, warmUpSeconds));
    const isGrowthJudged = durationSeconds >= SLOPE_JUDGED_FROM_SECONDS;
    const isMemorySteady =
      !isGrowthJudged || growths.every(({ mebibytes, doubt }) => mebibytes - DOUBT * doubt < SLOPE_BAR_MEBIBYTES);
    const account = accountOf(records, []);
    const failed = failures(records.filter((record) => !isServed(record)));
    return {
      ...account,
      passed: account.lost === 0 && account.wrong === 0 && isMemorySteady && descriptorsAfter <= descriptorsBefore,
      detail: [
        `${durationSeconds} s, seed ${SEED}: ${[...done].map(([what, count]) => `${count} × ${what}`).join(', ')}`,
        `live heap, MiB per 10 min: ${growths.map(wordsOfGrowth).join(', ')}${isGrowthJudged ? '' : ', not judged in so short a time'}`,
        `descriptors ${descriptorsBefore} before, ${descriptorsAfter} after`,
        ...(failed ? [failed] : []),
      ].join('; '),
    };
  },
};

/** How the live heap of a thread grows, MiB per 10 minutes, and the standard error of that. */
interface Growth {
  readonly thread: string;
  readonly mebibytes: number;
  readonly doubt: number;
}

function growthOf(thread: string, samples: readonly Sample[], warmUpSeconds: number): Growth {
  const slope = slopeOf(samples.filter(({ atSeconds }) => atSeconds >= warmUpSeconds));
  const [mebibytes, doubt] = [slope.perSecond, slope.error].map((each) => (each * SLOPE_SECONDS) / MEBIBYTE);
  return { thread, mebibytes, doubt };
}

function wordsOfGrowth({ thread, mebibytes, doubt }: Growth): string {
  return Number.isFinite(doubt)
    ? `${thread} ${mebibytes.toFixed(1)} ± ${doubt.toFixed(1)}`
    : `${thread} too few samples`;
}

/** Disturbs a backend every few seconds; returns how often each thing was done. */
async function disturbFor(durationMs: number, victims: readonly Victim[]): Promise<ReadonlyMap<Disturbance, number>> {
  const random = chance(SEED);
  const done = new Map<Disturbance, number>();
  const begun = performance.now();
  for (let dueMs = EVERY_MS / 2; dueMs < durationMs; dueMs += EVERY_MS) {
    await sleep(Math.max(0, begun + dueMs - performance.now()));
    const victim = oneOf(victims, random);
    const disturbance = oneOf(possible(victim), random);
    await disturb(victim, disturbance);
    done.set(disturbance, (done.get(disturbance) ?? 0) + 1);
  }
  await sleep(Math.max(0, begun + durationMs - performance.now()));
  return done;
}

/** Looks at the heaps again and again, until it is stopped or the balancer has ended. Samples are by thread. */
function sampleHeaps(balancer: BalancerUnderTest, heaps: () => Promise<readonly HeapUse[]>) {
  const begun = performance.now();
  const samples = new Map<string, Sample[]>();
  const stopped = new AbortController();
  const look = async () => {
    while (!stopped.signal.aborted && !balancer.hasEnded) {
      const atSeconds = (performance.now() - begun) / 1_000;
      for (const { thread, bytes } of await heaps()) {
        samples.set(thread, [...(samples.get(thread) ?? []), { atSeconds, value: bytes }]);
      }
      await sleep(SAMPLE_MS, undefined, { signal: stopped.signal }).catch(() => {});
    }
  };
  const over = look();
  return {
    stop: async (): Promise<ReadonlyMap<string, readonly Sample[]>> => {
      stopped.abort();
      await over;
      return samples;
    },
  };
}
