// `npm run bench:control-plane`: how long the admin API takes to respond while the data plane is saturated. With
// data-plane threads, the control plane has a thread of its own.
import Table from 'cli-table3';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopAll } from '../contenders/processes.js';
import { provide } from '../contenders/programs.js';
import type { Backends } from './backends/backends.js';
import { startNginx } from './backends/nginx.js';
import { CASES, USUAL_CASE } from './cases.js';
import { CONTENDERS, type Entry } from './contenders.js';
import { BOTH_CORES, LOAD_CORE, moveTo } from './pinning.js';
import { start } from './running.js';
import { load, luaScript } from './wrk.js';

const MEASURED = ['fairlead-fast', 'fairlead-fast-1', 'fairlead-fast-2'];
const SECONDS = 10;
/** Interval between two requests, in an open loop: a closed loop would send fewer requests while responses are slow. */
const EVERY_MS = 20;
/** Limit of the 99th percentile with data-plane threads, milliseconds. */
const BAR_MS = 50;

const usual = CASES.find(({ name }) => name === USUAL_CASE)!;
const folder = mkdtempSync(join(tmpdir(), 'fairlead-control-plane-'));
chmodSync(folder, 0o755);
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
try {
  provide(new Set(['nginx', 'wrk', 'fairlead']));
  moveTo(LOAD_CORE, [process.pid]);
  writeFileSync(`${folder}/load.lua`, luaScript(usual));
  const backends = await startNginx(join(folder, 'backends'));
  const table = new Table({
    head: ['', 'requests/s meanwhile', 'responses', 'p50, ms', 'p99, ms', 'longest, ms', `p99 ≤ ${BAR_MS} ms`],
    style: { head: [], border: [] },
  });
  for (const name of MEASURED)
    table.push(
      await rowOf(
        CONTENDERS.find((entry) => entry.name === name)!,
        backends,
      ),
    );
  process.stdout.write(`GET /api/v1/backends under load: ${usual.title} on ${usual.connections} connections\n`);
  process.stdout.write(`${table.toString()}\n`);
} finally {
  await stopAll();
}

async function rowOf(entry: Entry, backends: Backends): Promise<string[]> {
  const running = await start(entry, { backends: backends.addresses, folder: join(folder, entry.name) });
  const cores = entry.isOnBothCores ? BOTH_CORES : LOAD_CORE;
  moveTo(cores, backends.pids);
  const run = (seconds: number) => load(usual, { port: running.port, script: `${folder}/load.lua`, seconds, cores });
  await run(2);
  const loaded = run(SECONDS);
  const times = await responseTimes(`http://127.0.0.1:${running.controlPort}/api/v1/backends`);
  const { requestsPerSecond } = await loaded;
  await running.process.stop();
  moveTo(LOAD_CORE, backends.pids);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(part * times.length))];
  const figures = [at(0.5), at(0.99), times.at(-1)!].map((ms) => ms.toFixed(1));
  const verdict = entry.name === 'fairlead-fast' ? '' : at(0.99) <= BAR_MS ? 'reached' : 'MISSED';
  return [entry.title, Math.round(requestsPerSecond).toLocaleString('en'), String(times.length), ...figures, verdict];
}

/** Sorted response times from when each request was due, milliseconds. @throws {Error} when a status is not 200. */
async function responseTimes(url: string): Promise<number[]> {
  const sent: Promise<number>[] = [];
  const begin = performance.now();
  for (let due = begin; due < begin + SECONDS * 1000; due += EVERY_MS) {
    await sleep(Math.max(0, due - performance.now()));
    sent.push(responseTime(url, due));
  }
  return (await Promise.all(sent)).sort((a, b) => a - b);
}

async function responseTime(url: string, due: number): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${url} responded ${response.status}, not 200`);
  return performance.now() - due;
}
