// Workers that load their code before anybody needs them: that takes most of the time of a start, and the main thread
// takes as long to load its own.
import { Worker } from 'node:worker_threads';

/** What threads of the data plane run, as the build lays it out. */
export const DATA_PLANE_WORKER = new URL('./worker.js', import.meta.url);

const preloaded = new Map<string, Worker[]>();

/** Has `count` workers load `script`. */
export function preloadWorkers(script: URL, count: number): void {
  preloaded.set(
    script.href,
    Array.from({ length: count }, () => startWorker(script)),
  );
}

/** A worker that runs `script`: one that was prepared, as long as there are any. */
export function acquireWorker(script: URL): Worker {
  return preloaded.get(script.href)?.shift() ?? startWorker(script);
}

/** Room for what lives briefly, in each thread: more of it would hardly save time, and a machine has many threads. */
const MAX_YOUNG_GENERATION_MB = 16;

function startWorker(script: URL): Worker {
  return new Worker(script, { resourceLimits: { maxYoungGenerationSizeMb: MAX_YOUNG_GENERATION_MB } });
}
