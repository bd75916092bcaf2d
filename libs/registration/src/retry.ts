// How long to wait before the balancer is asked again. Pure: the service does the waiting.
import type { Failed, Refused } from './registration-client.js';

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

/** Whoever asks for more patience than this is asked again all the same. */
const MAX_RETRY_AFTER_MS = 300_000;

/** A refusal stays one until somebody changes something, so it is asked about seldom. */
export const REFUSED_RETRY_MS = 30_000;

/**
 * Milliseconds until the next attempt after `attempt` earlier ones (0 for the first): exponential backoff with full
 * jitter, so that a fleet that lost its balancer does not come back in one instant. `random` is uniform in [0, 1).
 *
 * Where the balancer said when to come back (`Retry-After`), the backoff comes on top of that.
 *
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function retryDelayMs(answer: Failed | Refused, attempt: number, random: () => number): number {
  if (answer.kind === 'refused') return REFUSED_RETRY_MS;
  const askedMs = Math.min(MAX_RETRY_AFTER_MS, answer.retryAfterMs ?? 0);
  return askedMs + random() * Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
}
