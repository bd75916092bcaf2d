// How long to wait before the next request to the balancer. Pure: the service does the waiting.
import type { Failed, Refused } from './registration-client.js';

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

/** The longest `Retry-After` that is respected. */
const MAX_RETRY_AFTER_MS = 300_000;

/** A refusal lasts until the configuration changes, so it is retried rarely. */
export const REFUSED_RETRY_MS = 30_000;

/**
 * Milliseconds until the next attempt after `attempt` earlier ones (0 for the first): exponential backoff with full
 * jitter, so that a fleet that lost its balancer does not register again all at once. `random` is uniform in [0, 1).
 * If the balancer sent `Retry-After`, the backoff is added to it.
 *
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function retryDelayMs(outcome: Failed | Refused, attempt: number, random: () => number): number {
  if (outcome.kind === 'refused') return REFUSED_RETRY_MS;
  const requestedMs = Math.min(MAX_RETRY_AFTER_MS, outcome.retryAfterMs ?? 0);
  return requestedMs + random() * Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
}
