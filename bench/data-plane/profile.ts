// `npm run profile:data-plane`: where the fast lane spends its time while it serves 1 KiB on 64 connections, and which
// system calls it makes. The source of the profile in docs/performance.md.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAll, OwnProcess } from '../contenders/processes.js';
import { provide } from '../contenders/programs.js';
import { startNginx } from './backends/nginx.js';
import { CASES, USUAL_CASE } from './cases.js';
import { CONTENDERS, type Entry } from './contenders.js';
import { LOAD_CORE, moveTo } from './pinning.js';
import { partsOf, type CpuProfile } from './profile-parts.js';
import { start } from './running.js';
import { load, luaScript } from './wrk.js';

const WARM_UP_SECONDS = 4;
const SECONDS = 6;
/** strace slows the process down tenfold, so only counts are meaningful. */
const TRACED_SECONDS = 2;

const usual = CASES.find(({ name }) => name === USUAL_CASE)!;
const folder = mkdtempSync(join(tmpdir(), 'fairlead-profile-'));
chmodSync(folder, 0o755);
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
try {
  process.exitCode = await main();
} finally {
  await stopAll();
}

async function main(): Promise<number> {
  provide(new Set(['nginx', 'wrk', 'fairlead']));
  moveTo(LOAD_CORE, [process.pid]);
  const { addresses } = await startNginx(join(folder, 'backends'));
  const script = `${folder}/load.lua`;
  writeFileSync(script, luaScript(usual));
  const startMs = performance.now();
  const running = await start(profiled(), { backends: addresses, folder: join(folder, 'fairlead') });
  const run = (seconds: number) => load(usual, { port: running.port, script, seconds, cores: LOAD_CORE });
  await run(WARM_UP_SECONDS);
  const skippedMs = performance.now() - startMs;
  const { requestsPerSecond } = await run(SECONDS);
  await traceCalls(running.process.pid, run);
  await running.process.stop();
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'))!;
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
  process.stdout.write(`\n${Math.round(requestsPerSecond).toLocaleString('en')} requests/s under the profiler\n`);
  for (const { part, share } of partsOf(profile, skippedMs, SECONDS * 1000)) {
    process.stdout.write(`${(100 * share).toFixed(1).padStart(5)} %  ${part}\n`);
  }
  return 0;
}

/** The fast lane in the main thread, with V8's sampling profiler. */
function profiled(): Entry {
  const entry = CONTENDERS.find(({ name }) => name === 'fairlead-fast')!;
  const flags = ['--cpu-prof', '--cpu-prof-interval', '200', `--cpu-prof-dir=${folder}`];
  return {
    ...entry,
    launch: (place) => {
      const launch = entry.launch(place);
      return { ...launch, args: [...flags, ...launch.args] };
    },
  };
}

/** System calls per request. */
async function traceCalls(pid: number, run: (seconds: number) => Promise<{ requests: number }>): Promise<void> {
  if (spawnSync('strace', ['-V']).error) {
    process.stdout.write('strace is not installed: system calls are not counted\n');
    return;
  }
  const summary = join(folder, 'strace');
  const tracer = OwnProcess.start('strace', 'strace', ['-c', '-f', '-qq', '-o', summary, '-p', String(pid)]);
  const { requests } = await run(TRACED_SECONDS);
  await tracer.stop();
  const calls = readFileSync(summary, 'utf8').matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$/gm);
  for (const [, count, name] of calls) {
    const each = Number(count) / requests;
    if (each >= 0.005) process.stdout.write(`${each.toFixed(2).padStart(5)} ${name} per request\n`);
  }
}
