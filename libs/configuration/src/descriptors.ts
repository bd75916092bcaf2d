// How many file descriptors the system allows this process, and what a server may take of them.
import { readFileSync } from 'node:fs';

/** Part of the descriptors that connections of the control plane or the dashboard may take. */
const CONNECTIONS_RATIO = 1 / 8;
/** Enough for an operator and a scraper beside a few backends, however few descriptors there are. */
const MIN_CONNECTIONS = 8;

/**
 * Returns the limit of open file descriptors of this process; infinite where the system does not show it. On Linux it is
 * the soft limit, which Node raises to the hard limit at its start.
 */
export function allowedDescriptors(): number {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return found ? Number(found[1]) : Infinity;
  } catch {
    return Infinity;
  }
}

/**
 * Returns how many connections a server that is not for clients may accept: the configured number, or an eighth of the
 * descriptors if that is less, so that its connections cannot take those that the rest of the process needs.
 */
export function connectionsWithin(configured: number, descriptors: number = allowedDescriptors()): number {
  const share = Math.max(MIN_CONNECTIONS, Math.floor(descriptors * CONNECTIONS_RATIO));
  return Math.min(configured, share);
}
