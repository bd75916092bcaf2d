// Sends requests to one URL for a while, and knows what became of each of them.
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { arrivals } from './arrivals.js';
import type { Method } from './methods.js';

/** What to send. */
export interface LoadOptions {
  readonly target: URL;
  readonly method: Method;
  readonly connections: number;
  readonly durationSeconds: number;
  /** Requests per second in total, at random moments; undefined: each connection sends its next one after a response. */
  readonly rate: number | undefined;
}

/** How long a response may take after the last request was sent, seconds. */
const RESPONSE_TIMEOUT_SECONDS = 30;
/** A rate that is higher than this process can send at never has time left. Responses, timers and signals need some. */
const MAX_TURN_MS = 5;

/** The requests so far. `sent` is the sum of the responses, the failures and those that are still in flight. */
export class LoadResult {
  sent = 0;
  /** Responses by status class: 2 for 2xx. */
  readonly responses = new Map<number, number>();
  /** Requests without a complete response, by reason. */
  readonly failures = new Map<string, number>();
  /** Microseconds from when a request was due, so that waiting for a connection counts. */
  readonly latency: RecordableHistogram = createHistogram();
  elapsedSeconds = 0;

  get responded(): number {
    return sum(this.responses);
  }

  get failed(): number {
    return sum(this.failures);
  }

  /** Responses with 4xx or 5xx. */
  get refused(): number {
    return [...this.responses].reduce((all, [kind, count]) => (kind >= 4 ? all + count : all), 0);
  }
}

/** Sends load until its time is over or `stop` aborts, then waits for the responses that are outstanding. */
export async function sendLoad(options: LoadOptions, result: LoadResult, stop: AbortSignal): Promise<void> {
  const { target, connections, durationSeconds, rate } = options;
  const timeout = (durationSeconds + RESPONSE_TIMEOUT_SECONDS) * 1000;
  const pool = new Pool(target.origin, { connections, pipelining: 1, headersTimeout: timeout, bodyTimeout: timeout });
  const startedMs = performance.now();
  const end = AbortSignal.any([stop, AbortSignal.timeout(durationSeconds * 1000)]);
  const send = (dueMs: number) => exchange(pool, options, result, dueMs);
  try {
    if (rate === undefined) await sendInTurn(connections, send, end);
    else await sendAtRandom(rate, send, end);
  } finally {
    result.elapsedSeconds = (performance.now() - startedMs) / 1000;
    await pool.destroy();
  }
}

type Send = (dueMs: number) => Promise<void>;

/** A closed loop: each connection waits for its response before it sends again. */
async function sendInTurn(connections: number, send: Send, end: AbortSignal): Promise<void> {
  const one = async () => {
    while (!end.aborted) await send(performance.now());
  };
  await Promise.all(Array.from({ length: connections }, one));
}

/** An open loop: requests arrive whether or not earlier ones have been answered. */
async function sendAtRandom(rate: number, send: Send, end: AbortSignal): Promise<void> {
  const outstanding = new Set<Promise<void>>();
  const startedMs = performance.now();
  let turnMs = startedMs;
  for (const dueSeconds of arrivals(rate, Math.random)) {
    const dueMs = startedMs + dueSeconds * 1000;
    const nowMs = performance.now();
    const waitMs = dueMs - nowMs;
    if (waitMs > 0 || nowMs - turnMs > MAX_TURN_MS) {
      if (waitMs > 0) await sleep(waitMs, undefined, { signal: end }).catch(() => {});
      else await nextTurn();
      turnMs = performance.now();
    }
    if (end.aborted) break;
    const exchanged = send(dueMs).finally(() => outstanding.delete(exchanged));
    outstanding.add(exchanged);
  }
  await Promise.all(outstanding);
}

async function exchange(pool: Pool, { target, method }: LoadOptions, result: LoadResult, dueMs: number): Promise<void> {
  result.sent++;
  try {
    const { statusCode, body } = await pool.request({ path: target.pathname + target.search, method });
    await body.dump({ limit: Infinity });
    count(result.responses, Math.floor(statusCode / 100));
    result.latency.record(Math.max(1, Math.round((performance.now() - dueMs) * 1000)));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    count(result.failures, code || message);
  }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sum(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((all, each) => all + each, 0);
}
