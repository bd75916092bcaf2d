// The client: open loop. It sends each request when its time has come, whatever became of those before, on as many
// connections as that takes, and measures from that time on, so that waiting is never left out.
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { headersOf, pathOf, type Arrival } from './work.js';

/** What became of the requests of a run, warm-up left out. */
export interface Outcome {
  /** From the time a request was due to the end of its answer, ascending; failures count as the whole patience. */
  readonly latenciesMs: Float64Array;
  readonly failures: Failures;
  /** How late the client itself was in sending, ascending: part of the latencies. */
  readonly latenessMs: Float64Array;
}

/** Requests without a right answer in time, by kind. */
export interface Failures {
  late: number;
  refused: number;
  broken: number;
}

/** How a run is measured. */
export interface Watch {
  /** Arrivals before this are not measured. */
  readonly warmUpMs: number;
  /** A request not answered within this has failed, and counts as this. */
  readonly patienceMs: number;
}

/** Where the connections lead, without a limit on their number and without patience of their own. */
export function openPool(port: number): Pool {
  return new Pool(`http://127.0.0.1:${port}`, {
    connections: null,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connectTimeout: 60_000,
    keepAliveTimeout: 60_000,
  });
}

/** Sends all arrivals, waits for the answers as long as patience lasts, and leaves. */
export async function run(port: number, arrivals: readonly Arrival[], watch: Watch): Promise<Outcome> {
  const pool = openPool(port);
  const measured = arrivals.filter(({ atMs }) => atMs >= watch.warmUpMs).length;
  const latencies = new Float64Array(measured).fill(watch.patienceMs);
  const lateness = new Float64Array(measured);
  const failures: Failures = { late: 0, refused: 0, broken: 0 };
  let isOver = false;
  let settled = 0;
  const startMs = performance.now();

  const send = async ({ atMs, demand }: Arrival, index: number): Promise<void> => {
    if (index >= 0) lateness[index] = performance.now() - startMs - atMs;
    const failure = await failureOf(pool, demand);
    const tookMs = performance.now() - startMs - atMs;
    if (isOver || index < 0) return;
    settled++;
    if (tookMs > watch.patienceMs) failures.late++;
    else if (failure) failures[failure]++;
    else latencies[index] = tookMs;
  };

  const sent: Promise<void>[] = [];
  for (const [i, arrival] of arrivals.entries()) {
    const waitMs = arrival.atMs - (performance.now() - startMs);
    if (waitMs > 0) await sleep(waitMs);
    sent.push(send(arrival, i - (arrivals.length - measured)));
  }
  const enough = new AbortController();
  const outOfPatience = sleep(watch.patienceMs, undefined, { signal: enough.signal }).catch(() => undefined);
  await Promise.race([Promise.all(sent), outOfPatience]);
  enough.abort();
  isOver = true;
  failures.late += measured - settled;
  await pool.destroy();
  return { latenciesMs: latencies.sort(), failures, latenessMs: lateness.sort() };
}

/** Sends one request and reads its answer; undefined when all went well. */
async function failureOf(pool: Pool, demand: readonly number[]): Promise<'refused' | 'broken' | undefined> {
  try {
    const { statusCode, body } = await pool.request({
      method: 'GET',
      path: pathOf(demand),
      headers: headersOf(demand),
    });
    await body.arrayBuffer();
    return statusCode === 200 ? undefined : 'refused';
  } catch {
    return 'broken';
  }
}

/** The value that a part `q` of the sorted sample does not exceed: nearest rank. */
export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}
