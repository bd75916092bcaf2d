// Delays the start until a restored fleet has been probed, so that the balancer accepts no client while it has backends
// but does not know their health.
import { setTimeout as sleep } from 'node:timers/promises';
import { stateOf } from '../registry/backend.js';
import type { RegistryService } from '../registry/registry.service.js';

/** A backend that hangs must not delay the start longer: the balancer has to serve within 2 s. */
const MAX_WAIT_MS = 1000;
const POLL_INTERVAL_MS = 10;

/** Resolves when every backend has been probed; at once without backends. */
export async function waitForInitialProbes(registry: RegistryService): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS;
  const isAnyJoining = () => registry.list().some((backend) => stateOf(backend) === 'joining');
  while (isAnyJoining() && performance.now() < deadline) await sleep(POLL_INTERVAL_MS);
}
