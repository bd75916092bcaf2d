// Several logs as one: the learner hears of starts and ends in the order in which they happened, whichever thread wrote them.
import type { ThreadRecords } from './thread-records.js';

/**
 * Reads what happened up to `untilSeconds` from the logs of all threads. A name that is not known yet holds all of them up,
 * until it is. Returns how many records were read.
 */
export function readInOrder(threads: readonly ThreadRecords[], untilSeconds: number): number {
  let records = 0;
  for (;;) {
    let first: ThreadRecords | undefined;
    let [earliest, next] = [Infinity, Infinity];
    for (const thread of threads) {
      const atSeconds = thread.nextAtSeconds;
      if (atSeconds < earliest) [first, earliest, next] = [thread, atSeconds, earliest];
      else next = Math.min(next, atSeconds);
    }
    if (!first || earliest > untilSeconds) return records;
    const read = first.drain(Math.min(next, untilSeconds));
    // A log whose records were lost goes on with those that follow.
    if (read === 0 && earliest !== -Infinity) return records;
    records += read;
  }
}
