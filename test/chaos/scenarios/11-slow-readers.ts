// Proves that long bodies pass through with backpressure: readers of 1 MB/s, clients as well as backends, neither fill
// the balancer's memory nor slow down anybody else.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { accountOf, failures, isServed, latencyMs, quantile } from '../account.ts';
import { ChaosProcess } from '../processes.ts';
import type { BalancerUnderTest, Scenario, Stage } from '../scenario.ts';
import { join } from '../support/control-plane.ts';
import { residentBytes } from '../support/process-stats.ts';
import type { BodyOrders, BodyReport } from '../support/slow-bodies.ts';

const MEBIBYTE = 2 ** 20;
const BODIES_EACH_WAY = 20;
const BYTES_EACH = 200 * MEBIBYTE;
const BYTES_PER_SECOND = 1_000_000;
const GROWTH_BAR_BYTES = 60 * MEBIBYTE;
const P99_BAR_MS = 50;
const RATE_PER_SECOND = 200;
const BACKENDS = 3;
const SAMPLE_MS = 100;

export const scenario: Scenario = {
  number: 11,
  title: '20 × 200 MiB to readers of 1 MB/s, both directions',
  bar: `resident memory grows < 60 MiB; parallel GETs keep p99 < ${P99_BAR_MS} ms`,
  async run(stage) {
    const balancer = await startBehind(stage);
    const client = start(stage, 'slow-client.ts');
    const ratePerSecond = Math.min(RATE_PER_SECOND, stage.ratePerSecond);

    // The same load goes on before: what it needs for itself is not put to the account of the bodies.
    const load = await stage.startLoad({ ratePerSecond });
    await sleep(stage.seconds(20, 4) * 1_000);
    const warmUp = load.records.length;
    const baseline = residentBytes(balancer.pid);
    let highest = baseline;
    const sampling = setInterval(() => {
      highest = Math.max(highest, balancer.hasEnded ? 0 : residentBytes(balancer.pid));
    }, SAMPLE_MS);
    stage.onEnd(() => clearInterval(sampling));

    const reported = client.message((report) => report as BodyReport);
    client.tell({
      balancerPort: balancer.port,
      downloads: BODIES_EACH_WAY,
      uploads: BODIES_EACH_WAY,
      bytesEach: BYTES_EACH,
      bytesPerSecond: BYTES_PER_SECOND,
    } satisfies BodyOrders);
    // The long form waits for the last byte, and half as long again for those that are behind.
    const secondsToMove = BYTES_EACH / BYTES_PER_SECOND;
    await Promise.race([reported, sleep(stage.seconds(1.5 * secondsToMove, 12) * 1_000)]);
    client.tell('stop');
    const bodies = await reported;
    const records = await load.stop();

    const account = accountOf(records, []);
    const meanwhile = records.slice(warmUp);
    const p99Ms = quantile(meanwhile.filter(isServed).map(latencyMs), 0.99);
    const failed = failures(records.filter((record) => !isServed(record)));
    const unfinished = 2 * BODIES_EACH_WAY - bodies.whole - bodies.failed;
    const growth = highest - baseline;
    const lost = account.lost + bodies.failed + (stage.isLong ? unfinished : 0);
    return {
      ...account,
      requests: account.requests + 2 * BODIES_EACH_WAY,
      lost,
      passed: lost === 0 && account.wrong === 0 && growth < GROWTH_BAR_BYTES && p99Ms < P99_BAR_MS,
      detail: [
        `memory grew ${mebibytes(growth)} over ${mebibytes(baseline)}`,
        `GETs p99 ${p99Ms.toFixed(1)} ms (${quantile(records.slice(0, warmUp).map(latencyMs), 0.99).toFixed(1)} before)`,
        `${mebibytes(bodies.downloaded)} came down`,
        `bodies: ${bodies.whole} whole, ${bodies.failed} failed, ${unfinished} cut by the scenario`,
        ...(failed ? [failed] : []),
      ].join('; '),
    };
  },
};

async function startBehind(stage: Stage): Promise<BalancerUnderTest> {
  const backends = Array.from({ length: BACKENDS }, () => start(stage, 'slow-backend.ts', String(BYTES_PER_SECOND)));
  const toPort = (port: unknown) => (typeof port === 'number' ? port : undefined);
  const ports = await Promise.all(backends.map((backend) => backend.message(toPort)));
  const known = ports.map((port, b) => ({ id: `slow-${b + 1}`, port }));
  const balancer = await stage.startBalancer({ backends: known, awaited: [] });
  await join(
    balancer.control,
    known.map(({ id, port }) => ({ id, url: `http://127.0.0.1:${port}` })),
  );
  return balancer;
}

function start(stage: Stage, program: string, ...args: readonly string[]): ChaosProcess {
  const path = fileURLToPath(new URL(`../support/${program}`, import.meta.url));
  const started = ChaosProcess.start(program, [process.execPath, path, ...args], { hasMessages: true });
  stage.onEnd(async () => void (await started.stop('SIGKILL')));
  return started;
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}
