// `npm run bench:first-request`: how long it takes from `npm start` to the first 200, in a fresh clone after `npm ci`.
//
//   --runs N   clones one after the other; the median counts (3)
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PORT_OFFSET = 4000;
const TIMEOUT_MS = 120_000;
const POLL_MS = 20;

const { runs } = parseArgs({ options: { runs: { type: 'string', default: '3' } } }).values;
const count = Number(runs);
if (!(Number.isInteger(count) && count >= 1)) throw new Error(`--runs must be a whole number from 1, got ${runs}`);

const seconds: number[] = [];
for (let run = 1; run <= count; run++) {
  const load = loadavg()[0].toFixed(1);
  seconds.push(await measure());
  console.log(`run ${run}: first 200 after ${seconds.at(-1)!.toFixed(1)} s (load average before it: ${load})`);
}
console.log(`median: ${seconds.toSorted((a, b) => a - b)[seconds.length >> 1].toFixed(1)} s`);

/** Seconds from `npm start` to the first 200. */
async function measure(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-first-request-'));
  try {
    execFileSync('git', ['clone', '--quiet', ROOT, folder]);
    execFileSync('npm', ['ci', '--silent'], { cwd: folder });
    // A process group of its own, so that the signal at the end reaches the demo as Ctrl-C does.
    const startedMs = performance.now();
    const args = ['start', '--', '--port-offset', String(PORT_OFFSET)];
    const demo = spawn('npm', args, { cwd: folder, stdio: 'ignore', detached: true });
    const ended = once(demo, 'close');
    try {
      await firstResponse(startedMs);
      return (performance.now() - startedMs) / 1000;
    } finally {
      if (demo.exitCode === null) process.kill(-demo.pid!, 'SIGINT');
      await ended;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function firstResponse(startedMs: number): Promise<void> {
  const url = `http://127.0.0.1:${5252 + PORT_OFFSET}/`;
  while (
    !(await fetch(url).then(
      ({ status }) => status === 200,
      () => false,
    ))
  ) {
    if (performance.now() - startedMs > TIMEOUT_MS) throw new Error(`${url} did not respond with 200 in time`);
    await sleep(POLL_MS);
  }
}
