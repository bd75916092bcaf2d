// How long to wait before the balancer is asked again. Pure: the service does the waiting.
import type { Failed, Refused } from './balancer-client.js';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/** A refusal stays one until somebody changes something, so it is asked about seldom. */
export const REFUSED_RETRY_MS = 30_000;

/**
 * Milliseconds until the next attempt after `attempt` earlier ones (0 for the first): exponential backoff with full
 * jitter, so that a fleet that lost its balancer does not come back in one instant. `random` is uniform in [0, 1).
 *
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function retryDelayMs(answer: Failed | Refused, attempt: number, random: () => number): number {
  if (answer.kind === 'refused') return REFUSED_RETRY_MS;
  return random() * Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
}
