// Accompanies a process that was started by something else: it is in the fleet while its port is open.
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from '../invocation/exit-codes.js';
import { report } from '../output/messages.js';
import { duration } from '../output/numbers.js';
import type { Membership } from './membership.js';
import { probePort, waitUntilAnswers, type Target } from './port-probe.js';
import { handleSignals } from '../processes/signals.js';

/** Which process to accompany. */
export interface AccompanyOptions {
  readonly target: Target;
  /** Makes a membership, one for each time that the process joins. */
  readonly open: () => Membership;
  /** How long the process may take to answer the first time; undefined: any time. */
  readonly startTimeoutMs: number | undefined;
}

const STOP = 'stop';
const WATCH_EVERY_MS = 1_000;
/** A server that is restarted within this many looks stays in the fleet, where pings find out how it is. */
const MAX_CLOSED = 3;

/** Runs until a signal asks for the end. Returns the exit code of `join`. */
export async function accompany({ target, open, startTimeoutMs }: AccompanyOptions): Promise<number> {
  const stopping = new AbortController();
  const stopped = new Promise<typeof STOP>((resolve) => stopping.signal.addEventListener('abort', () => resolve(STOP)));
  handleSignals({
    onStop: () => stopping.abort(),
    onStopAgain: (signal) => process.exit(EXIT.signalBase + constants.signals[signal]),
  });
  let next = open();
  let limit = startTimeoutMs === undefined ? [] : [AbortSignal.timeout(startTimeoutMs)];
  for (;;) {
    if ((await probePort(target)) !== 'open') report(`waiting for port ${target.port} of ${target.host}`);
    const missing = await waitUntilAnswers(target, AbortSignal.any([...limit, stopping.signal]));
    if (stopping.signal.aborted) return EXIT.ok;
    if (missing !== undefined) {
      report(`no answer after ${duration((startTimeoutMs ?? 0) / 1000)}: ${missing}`);
      return EXIT.startTimeout;
    }
    const membership = next;
    membership.start();
    const watch = new AbortController();
    const end = await Promise.race([
      stopped,
      membership.refused.then((reason) => ({ reason })),
      whenClosed(target, watch.signal),
    ]);
    watch.abort();
    const isRefused = end !== undefined && end !== STOP;
    if (end === undefined) report(`nothing listens on port ${target.port} of ${target.host} any more: leaving`);
    else if (isRefused) report(`the balancer refused the registration: ${end.reason}`);
    await membership.leave();
    if (isRefused) return EXIT.notJoined;
    if (end === STOP) return EXIT.ok;
    next = open();
    limit = [];
  }
}

/** Resolves when nothing has listened for a while. */
async function whenClosed(target: Target, signal: AbortSignal): Promise<undefined> {
  for (let closed = 0; closed < MAX_CLOSED && !signal.aborted;) {
    await sleep(WATCH_EVERY_MS, undefined, { signal }).catch(() => undefined);
    closed = (await probePort(target)) === 'closed' ? closed + 1 : 0;
  }
}
