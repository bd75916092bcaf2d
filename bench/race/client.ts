// An open-loop client. It sends each request when it is due, whether or not earlier ones have completed, on as many
// connections as that takes. Latency is measured from the due time, so it includes all waiting.
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { headersOf, pathOf, type Arrival } from './work.js';

/** The outcome of a run, without its warm-up. */
export interface Outcome {
  /** From the time a request was due to the end of its response, ascending; a failure counts as the whole timeout. */
  readonly latenciesMs: Float64Array;
  readonly failures: Failures;
  /** How late the client sent each request, ascending. Included in the latencies. */
  readonly latenessMs: Float64Array;
}

/** Requests without a correct response in time, by kind. */
export interface Failures {
  late: number;
  refused: number;
  broken: number;
}

/** How a run is measured. */
export interface Watch {
  /** Arrivals before this are not measured. */
  readonly warmUpMs: number;
  /** A request without a response within this time has failed, and counts as this latency. */
  readonly timeoutMs: number;
}

/** Connections to a contender, without a limit on their number and without timeouts. */
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

/** Sends all requests, waits for the responses until the timeout, and closes all connections. */
export async function run(port: number, arrivals: readonly Arrival[], watch: Watch): Promise<Outcome> {
  const pool = openPool(port);
  const measured = arrivals.filter(({ atMs }) => atMs >= watch.warmUpMs).length;
  const latencies = new Float64Array(measured).fill(watch.timeoutMs);
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
    if (tookMs > watch.timeoutMs) failures.late++;
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
  const timedOut = sleep(watch.timeoutMs, undefined, { signal: enough.signal }).catch(() => undefined);
  await Promise.race([Promise.all(sent), timedOut]);
  enough.abort();
  isOver = true;
  failures.late += measured - settled;
  await pool.destroy();
  return { latenciesMs: latencies.sort(), failures, latenessMs: lateness.sort() };
}

/** Sends one request and reads its response. Returns the kind of failure, undefined on success. */
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

/** The quantile `q`, 0 to 1, of the sorted sample, by nearest rank. */
export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}
