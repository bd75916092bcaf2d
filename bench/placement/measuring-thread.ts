// A thread that measures: it is sent the number of a run, and sends back the number and the result.
import { parentPort, workerData } from 'node:worker_threads';
import { Selection } from './selection.js';

/** What a measuring thread is given. */
export interface MeasuringThreadData {
  /** The flags of the benchmark, so that runs have the same numbers in all threads. */
  readonly args: readonly string[];
}

/** What it sends back. */
export interface Measured {
  readonly run: number;
  readonly result: unknown;
}

const { args } = workerData as MeasuringThreadData;
const { runs } = new Selection(args);
parentPort!.on('message', (run: number) => {
  parentPort!.postMessage({ run, result: runs[run].measure() } satisfies Measured, []);
});
