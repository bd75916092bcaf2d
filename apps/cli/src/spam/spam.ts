// `fairlead spam`: sends load to a balancer, and prints what became of it and which backend did how much of it.
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@fairlead/configuration';
import { SingleBar } from 'cli-progress';
import { connect, type BalancerApi } from '../balancer-api/balancer-api.js';
import type { BalancerFlags } from '../invocation/balancer-flags.js';
import { EXIT } from '../invocation/exit-codes.js';
import { warn } from '../output/messages.js';
import { print } from '../output/terminal.js';
import { handleSignals } from '../processes/signals.js';
import { FLEET_READING, growthOf, type FleetReading } from './fleet-reading.js';
import { LoadResult, sendLoad, type LoadOptions } from './load.js';
import { backendTable, resultPairs } from './tables.js';

const BAR_INTERVAL_MS = 200;
const READING_POLL_MS = 50;
/** More than METRICS_MAX_AGE_SECONDS usually is. */
const MAX_READING_AGE_MS = 5_000;

/** Resolves with 1 if a request failed or was refused, and with 2 if nothing responded. */
export async function spam(options: LoadOptions, flags: BalancerFlags, environment: Environment): Promise<number> {
  const read = fleetReader(flags, environment);
  const before = await read();
  const result = await sendWithProgress(options);
  const after = await read();
  print(`\n${resultPairs(result)}`);
  if (typeof before === 'string') warn(`no figures per backend: ${before}`);
  else if (typeof after === 'string') warn(`no figures per backend: ${after}`);
  else printBackends(before, after, result);
  if (result.responded === 0) {
    throw new Error(`no response from ${options.target.href}: is the balancer running? Start it with: fairlead demo`);
  }
  return result.failed + result.refused > 0 ? EXIT.found : EXIT.ok;
}

function printBackends(before: FleetReading, after: FleetReading, { responded }: LoadResult): void {
  const counted = growthOf(before, after).reduce((sum, { requests }) => sum + requests, 0);
  if (counted < responded / 2) {
    warn('the balancer of --url did not count these requests: is it the one behind --target?');
  } else print(`\nPer backend, as counted by the balancer:\n\n${backendTable(before, after)}`);
}

/** Reads the fleet, or says why it cannot. */
function fleetReader(flags: BalancerFlags, environment: Environment): () => Promise<FleetReading | string> {
  const api = connect(flags, environment);
  return () => presentReading(api).catch((error: unknown) => (error as Error).message);
}

/** The balancer responds with the same reading for a while. The next one counts all that has happened until now. */
async function presentReading(api: BalancerApi): Promise<FleetReading> {
  const { body: first } = await api.send(FLEET_READING);
  const deadline = performance.now() + MAX_READING_AGE_MS;
  for (;;) {
    await sleep(READING_POLL_MS);
    const { body } = await api.send(FLEET_READING);
    if (body.at !== first.at || performance.now() > deadline) return body;
  }
}

/** Ctrl-C ends the load early, and a second one ends the process. */
async function sendWithProgress(options: LoadOptions): Promise<LoadResult> {
  const { durationSeconds } = options;
  const result = new LoadResult();
  const stop = new AbortController();
  handleSignals({
    onStop: () => stop.abort(),
    onStopAgain: (signal) => process.exit(EXIT.signalBase + constants.signals[signal]),
  });
  const bar = new SingleBar({
    format: '{bar} {elapsed} of {total} s, {responses} responses, {failures} failed',
    noTTYOutput: !process.stdout.isTTY,
    notTTYSchedule: 2000,
    stream: process.stdout.isTTY ? process.stderr : process.stdout,
  });
  const startedMs = performance.now();
  const update = () => {
    const elapsed = Math.min(durationSeconds, (performance.now() - startedMs) / 1000);
    const { responded: responses, failed, refused } = result;
    bar.update(elapsed, { elapsed: elapsed.toFixed(0), responses, failures: failed + refused });
  };
  bar.start(durationSeconds, 0, { elapsed: 0, responses: 0, failures: 0 });
  const timer = setInterval(update, BAR_INTERVAL_MS);
  try {
    await sendLoad(options, result, stop.signal);
  } finally {
    clearInterval(timer);
    update();
    bar.stop();
  }
  return result;
}
