// `npm run bench:control-plane`: how long the admin API takes to answer while the data plane has all it can do. With threads
// the control plane has one of its own.
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
/** Between the beginnings of two requests: an open loop, or slow answers would hide themselves. */
const EVERY_MS = 20;
/** Of the 99th percentile, with threads. */
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
    head: ['', 'requests/s meanwhile', 'answers', 'p50, ms', 'p99, ms', 'longest, ms', `p99 ≤ ${BAR_MS} ms`],
    style: { head: [], border: [] },
  });
  for (const name of MEASURED)
    table.push(
      await rowOf(
        CONTENDERS.find((entry) => entry.name === name)!,
        backends,
      ),
    );
  process.stdout.write(`GET /api/v1/backends while ${usual.title} is asked for on ${usual.connections} connections\n`);
  process.stdout.write(`${table.toString()}\n`);
} finally {
  await stopAll();
}

async function rowOf(entry: Entry, backends: Backends): Promise<string[]> {
  const running = await start(entry, backends.addresses, join(folder, entry.name));
  const cores = entry.isOnBothCores ? BOTH_CORES : LOAD_CORE;
  moveTo(cores, backends.pids);
  const run = (seconds: number) => load(usual, { port: running.port, script: `${folder}/load.lua`, seconds, cores });
  await run(2);
  const loaded = run(SECONDS);
  const times = await answerTimes(`http://127.0.0.1:${running.controlPort}/api/v1/backends`);
  const { requestsPerSecond } = await loaded;
  await running.process.stop();
  moveTo(LOAD_CORE, backends.pids);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(part * times.length))];
  const figures = [at(0.5), at(0.99), times.at(-1)!].map((ms) => ms.toFixed(1));
  const verdict = entry.name === 'fairlead-fast' ? '' : at(0.99) <= BAR_MS ? 'reached' : 'MISSED';
  return [entry.title, Math.round(requestsPerSecond).toLocaleString('en'), String(times.length), ...figures, verdict];
}

/** How long each answer took from when it was due, sorted, milliseconds. @throws {Error} when one is no 200. */
async function answerTimes(url: string): Promise<number[]> {
  const asked: Promise<number>[] = [];
  const begin = performance.now();
  for (let due = begin; due < begin + SECONDS * 1000; due += EVERY_MS) {
    await sleep(Math.max(0, due - performance.now()));
    asked.push(answerTime(url, due));
  }
  return (await Promise.all(asked)).sort((a, b) => a - b);
}

async function answerTime(url: string, due: number): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${url} was answered ${response.status}`);
  return performance.now() - due;
}
