// Time limits for the responses of a server. They measure its silence: time in which this process was too busy to read does
// not count, and each response restarts the limits of the commands that still wait.

/**
 * After each part of a limit, what has arrived is read. A process that was suspended, or busy for longer than its limit,
 * loses one part by that.
 */
const PARTS = 4;

/** The server did not respond within this time, milliseconds. */
export class TimeLimitError extends Error {
  constructor(readonly limitMs: number) {
    super(`no response within ${limitMs / 1000} s`);
  }
}

/**
 * Rejects with {@link TimeLimitError} when a promise takes too long. The limit restarts whenever `heard`, the number of
 * responses that have come from the server, has changed.
 */
export async function within<Result>(limitMs: number, promise: Promise<Result>, heard = () => 0): Promise<Result> {
  const { promise: limit, reject } = Promise.withResolvers<never>();
  let before = heard();
  let silentParts = 0;
  const count = () => {
    silentParts = heard() === before ? silentParts + 1 : 0;
    before = heard();
    if (silentParts === PARTS) reject(new TimeLimitError(limitMs));
  };
  // Timers come before what has arrived is read, and immediates after it.
  const timer = setInterval(() => setImmediate(count), limitMs / PARTS);
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearInterval(timer);
  }
}
