// Makes runs in as many threads as there are cores. The results do not depend on that: each run has its own seed and clock.
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Measured, MeasuringThreadData } from './measuring-thread.js';
import type { Run } from './run.js';

const THREAD = new URL('./measuring-thread.ts', import.meta.url);

/**
 * Measures all runs and keeps their results.
 *
 * @param args the flags that selected them.
 * @param done is called after each.
 */
export async function measureAll(
  runs: readonly Run[],
  args: readonly string[],
  done: (run: Run) => void,
): Promise<void> {
  let next = 0;
  const measureInThread = async () => {
    const worker = new Worker(THREAD, { workerData: { args } satisfies MeasuringThreadData });
    while (next < runs.length) {
      worker.postMessage(next++, []);
      // Rejects when the thread has failed.
      const [{ run, result }] = (await once(worker, 'message')) as [Measured];
      runs[run].keep(result);
      done(runs[run]);
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: Math.min(runs.length, availableParallelism()) }, measureInThread));
}
