// Proves that long bodies pass through with backpressure: readers of 1 MB/s, clients as well as backends, neither fill
// the balancer's memory nor slow down other clients.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { accountOf, failures, isServed, latencyMs, quantile } from '../../account.ts';
import { ChaosProcess } from '../../processes.ts';
import type { BalancerUnderTest, RequestRecord, Scenario, Stage } from '../../scenario.ts';
import { join } from '../../support/control-plane.ts';
import { inspectable } from '../../support/live-memory.ts';
import { residentBytes } from '../../support/process-stats.ts';
import type { BodyOrders, BodyReport } from '../../support/slow-bodies.ts';

const MEBIBYTE = 2 ** 20;
const EACH_WAY = 20;
const BYTES_EACH = 200 * MEBIBYTE;
const BYTES_PER_SECOND = 1_000_000;
const GROWTH_BAR_BYTES = 60 * MEBIBYTE;
const P99_BAR_MS = 50;
/** At first bodies run as fast as they are sent, until the kernel's buffers on their way are full: not yet a slow reader. */
const FILLING_SECONDS = 3;
const RATE_PER_SECOND = 200;
const BACKENDS = 3;
/** In the long form, for the last byte. Bodies that are behind have half as long again as they need. */
const PATIENCE_SECONDS = (1.5 * BYTES_EACH) / BYTES_PER_SECOND;
const SAMPLE_MS = 100;

/** Read as fast as they come: so that the buffers which any body needs are not counted for the slow ones. */
const WARM_UP = { downloads: 4, uploads: 4, bytesEach: 25 * MEBIBYTE, bytesPerSecond: undefined };
const SLOW = { downloads: EACH_WAY, uploads: EACH_WAY, bytesEach: BYTES_EACH, bytesPerSecond: BYTES_PER_SECOND };

export const scenario: Scenario = {
  number: 11,
  title: '20 × 200 MiB to readers of 1 MB/s, both directions',
  bar: `resident memory grows < 60 MiB; long form: parallel GETs keep p99 < ${P99_BAR_MS} ms`,
  async run(stage) {
    const { variables, residentAfterCollection } = await inspectable(stage);
    const balancer = await startBehind(stage, variables);
    await startBodies(stage, balancer, WARM_UP).report;
    const load = await stage.startLoad({ ratePerSecond: Math.min(RATE_PER_SECOND, stage.ratePerSecond) });
    await sleep(stage.seconds(20, 4) * 1_000);
    const before = load.records.length;
    const baseline = await residentAfterCollection(balancer);
    const highest = watchMemory(stage, balancer);

    const bodies = startBodies(stage, balancer, SLOW);
    await sleep(FILLING_SECONDS * 1_000);
    const full = load.records.length;
    await sleep(stage.seconds(60, 9) * 1_000);
    const growth = (await residentAfterCollection(balancer)) - baseline;
    await Promise.race([bodies.report, sleep(stage.seconds(PATIENCE_SECONDS, 0) * 1_000)]);
    bodies.stop();
    const { whole, failed, downloaded } = await bodies.report;
    const records = await load.stop();

    const account = accountOf(records, []);
    const p99Ms = (some: readonly RequestRecord[]) => quantile(some.filter(isServed).map(latencyMs), 0.99);
    const p99BeforeMs = p99Ms(records.slice(0, before));
    const p99MeanwhileMs = p99Ms(records.slice(full));
    const unfinished = 2 * EACH_WAY - whole - failed;
    const lost = account.lost + failed + (stage.isLong ? unfinished : 0);
    const failedGets = failures(records.filter((record) => !isServed(record)));
    return {
      ...account,
      requests: account.requests + 2 * EACH_WAY,
      lost,
      passed:
        lost === 0 && account.wrong === 0 && growth < GROWTH_BAR_BYTES && stage.isWithin(p99MeanwhileMs, P99_BAR_MS),
      detail: [
        `memory grew ${mebibytes(growth)} over ${mebibytes(baseline)} without garbage, with it ${mebibytes(highest() - baseline)} at most`,
        `GETs p99 ${p99MeanwhileMs.toFixed(1)} ms (${p99BeforeMs.toFixed(1)} before, ${p99Ms(records.slice(before, full)).toFixed(1)} while the bodies began)`,
        `${mebibytes(downloaded)} came down`,
        `bodies: ${whole} whole, ${failed} failed, ${unfinished} cut by the scenario`,
        ...(failedGets ? [failedGets] : []),
      ].join('; '),
    };
  },
};

async function startBehind(stage: Stage, variables: Readonly<Record<string, string>>): Promise<BalancerUnderTest> {
  const backends = Array.from({ length: BACKENDS }, () => start(stage, 'slow-backend.ts'));
  const toPort = (port: unknown) => (typeof port === 'number' ? port : undefined);
  const ports = await Promise.all(backends.map((backend) => backend.message(toPort)));
  const known = ports.map((port, b) => ({ id: `slow-${b + 1}`, port }));
  const balancer = await stage.startBalancer({ backends: known, variables, awaited: [] });
  await join(
    balancer.control,
    known.map(({ id, port }) => ({ id, url: `http://127.0.0.1:${port}` })),
  );
  return balancer;
}

function startBodies(stage: Stage, { port }: BalancerUnderTest, bodies: Omit<BodyOrders, 'balancerPort'>) {
  const client = start(stage, 'slow-client.ts');
  client.tell({ ...bodies, balancerPort: port } satisfies BodyOrders);
  return { report: client.message((report) => report as BodyReport), stop: () => client.tell('stop') };
}

function start(stage: Stage, program: string): ChaosProcess {
  const path = fileURLToPath(new URL(`../../support/${program}`, import.meta.url));
  const started = new ChaosProcess(program, [process.execPath, path], { hasMessages: true });
  stage.onEnd(async () => void (await started.stop('SIGKILL')));
  return started;
}

/** The most memory that the balancer was seen to hold from now on, garbage and all. */
function watchMemory(stage: Stage, balancer: BalancerUnderTest): () => number {
  let highest = 0;
  const look = () => (highest = Math.max(highest, balancer.hasEnded ? 0 : residentBytes(balancer.pid)));
  const timer = setInterval(look, SAMPLE_MS);
  stage.onEnd(() => clearInterval(timer));
  return look;
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}
