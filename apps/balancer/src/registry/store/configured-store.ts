// The store that the configuration asks for, and where changes are kept that it cannot take.
import { registryFileOf, type BalancerConfig } from '../../config/balancer.config.js';
import { Journal } from './journal.js';
import { MemoryStore } from './memory-store.js';
import { RedisStore } from './redis/redis-store.js';
import { redisTargetOf } from './redis/redis-target.js';
import type { RegistryStore } from './registry-store.js';
import { SqliteStore } from './sqlite-store.js';

/** In a Redis server with REGISTRY_URL, else in the file REGISTRY_FILE, or in memory. */
export function storeOf(config: BalancerConfig): RegistryStore {
  const { REGISTRY_URL: url, REGISTRY_PREFIX: prefix, CLUSTER_ID: cluster, RESOURCES: resources } = config;
  if (url) return new RedisStore(redisTargetOf(url, config), { prefix, cluster, resources });
  const path = registryFileOf(config);
  return path === undefined ? new MemoryStore() : new SqliteStore(path, config);
}

/** In the file REGISTRY_FILE; undefined without one, and where that is the store. */
export function journalOf(config: BalancerConfig): Journal | undefined {
  const path = registryFileOf(config);
  if (!config.REGISTRY_URL || path === undefined) return undefined;
  return new Journal(path, `${config.REGISTRY_PREFIX} ${config.CLUSTER_ID}`, config.RESOURCES);
}
