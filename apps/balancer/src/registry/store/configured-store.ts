// The store that the configuration asks for.
import type { BalancerConfig } from '../../config/balancer.config.js';
import { registryFileOf } from '../../config/balancer.config.js';
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
