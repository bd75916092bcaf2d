// Holds the start until it is known who of a restored fleet is there, so that no client meets a balancer that has
// backends and has not asked them yet.
import { setTimeout as sleep } from 'node:timers/promises';
import { stateOf } from '../registry/backend.js';
import type { RegistryService } from '../registry/registry.service.js';

/** A backend that hangs must not hold up the rest of the fleet: serving has to begin within 2 s of the start. */
const MAX_WAIT_MS = 1000;
const POLL_INTERVAL_MS = 10;

/** Resolves when no backend waits for its first pings any more; at once when there is none. */
export async function waitForInitialProbes(registry: RegistryService): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS;
  const isAnyJoining = () => registry.list().some((backend) => stateOf(backend) === 'joining');
  while (isAnyJoining() && performance.now() < deadline) await sleep(POLL_INTERVAL_MS);
}
