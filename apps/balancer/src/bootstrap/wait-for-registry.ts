// A balancer that shares its registry does not know the fleet before it has read it. This waits for a registry that is away,
// before the application is made: that would hold back what there is to log, and add a stack to an error.
import { setTimeout as sleep } from 'node:timers/promises';
import { logSettings } from '@fairlead/configuration';
import { PinoLogger } from 'nestjs-pino';
import type { BalancerConfig } from '../config/balancer.config.js';
import { storeOf } from '../registry/store/configured-store.js';
import { StoreEmptiedError, StoreUnavailableError, type RegistryStore } from '../registry/store/registry-store.js';

/** How often the log repeats what the balancer waits for, milliseconds. */
const REPEAT_MS = 10_000;

/**
 * Resolves when a registry that several balancers share can be read and written; at once without one.
 *
 * @throws {StoreUnusableError} when an operator has to change something.
 */
export async function waitForRegistry(config: BalancerConfig): Promise<void> {
  if (config.REGISTRY_URL === undefined) return;
  const store = storeOf(config);
  const logger = new PinoLogger(logSettings('balancer', config));
  logger.setContext('Registry');
  let loggedAt = -Infinity;
  for (let problem = await problemOf(store); problem !== undefined; problem = await problemOf(store)) {
    if (performance.now() - loggedAt > REPEAT_MS) {
      logger.warn(`${problem}; this balancer waits for it, because it does not know the fleet yet`);
      loggedAt = performance.now();
    }
    await sleep(store.retryAfterMs);
  }
  await store.close();
}

/** Why the store does not respond; undefined: it does. @throws {StoreUnusableError} */
async function problemOf(store: RegistryStore): Promise<string | undefined> {
  try {
    await store.check();
    return undefined;
  } catch (error) {
    // A new or an emptied one: reading begins it.
    if (error instanceof StoreEmptiedError) return undefined;
    if (error instanceof StoreUnavailableError) return error.message;
    throw error;
  }
}
