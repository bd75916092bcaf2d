// Starts workers that load their code early: loading takes most of the time of a start, and the main thread loads its
// own code meanwhile.
import { Worker } from 'node:worker_threads';

/** The script of the data-plane threads, in the layout of the build. */
export const DATA_PLANE_WORKER = new URL('./worker.js', import.meta.url);

const preloaded = new Map<string, Worker[]>();

/** Starts `count` workers that load `script`. */
export function preloadWorkers(script: URL, count: number): void {
  preloaded.set(
    script.href,
    Array.from({ length: count }, () => startWorker(script)),
  );
}

/** A worker that runs `script`: a preloaded one while there is any. */
export function acquireWorker(script: URL): Worker {
  return preloaded.get(script.href)?.shift() ?? startWorker(script);
}

/** The young generation of each thread: more would hardly save time, and takes memory in every thread. */
const MAX_YOUNG_GENERATION_MB = 16;

function startWorker(script: URL): Worker {
  return new Worker(script, { resourceLimits: { maxYoungGenerationSizeMb: MAX_YOUNG_GENERATION_MB } });
}
