// A Redis server as a keeper of the registry, for the suite that holds for all of them.
import { randomUUID } from 'node:crypto';
import { parseEnvironment } from '@fairlead/configuration';
import { z } from 'zod';
import { loadBalancerConfig } from '../../apps/balancer/src/config/balancer.config.js';
import { sharedRegistryVariables } from '../../apps/balancer/src/config/registry-variables.js';
import { RECORD_FORMAT } from '../../apps/balancer/src/registry/store/record-format.js';
import { RedisStore } from '../../apps/balancer/src/registry/store/redis/redis-store.js';
import { redisTargetOf } from '../../apps/balancer/src/registry/store/redis/redis-target.js';
import type { RedisServer } from '../support/redis.js';
import { closedAtEnd, type DamageableKeeper } from './keepers.js';

const schema = z.object(sharedRegistryVariables);

/** Opens the store that these variables describe. */
export function redisStore(variables: Record<string, string>, keptChanges?: number): RedisStore {
  const config = parseEnvironment(schema, variables);
  if (config.REGISTRY_URL === undefined) throw new Error('REGISTRY_URL must be set');
  const { RESOURCES } = loadBalancerConfig({ RESOURCES: variables.RESOURCES ?? '' });
  const options = { prefix: config.REGISTRY_PREFIX, cluster: config.CLUSTER_ID, resources: RESOURCES };
  const store = new RedisStore(redisTargetOf(config.REGISTRY_URL, config), {
    ...options,
    ...(keptChanges === undefined ? {} : { keptChanges }),
  });
  return closedAtEnd(store);
}

/** Each keeper has a prefix of its own in the server. */
export function redisKeeper(server: RedisServer): DamageableKeeper & { readonly prefix: string } {
  const prefix = randomUUID();
  const key = (name: string) => `{${prefix}}:${name}`;
  const kept = async (id: string) => {
    const texts = [await server.command('HGET', key('backends'), id), await server.command('HGET', key('aside'), id)];
    return texts.find((text) => typeof text === 'string');
  };
  /** The clock of the server cannot be set: all leases end earlier instead. */
  const moveLeases = async (seconds: number) => {
    const ids = (await server.command('ZRANGE', key('leases'), '0', '-1')) as string[];
    for (const id of ids) await server.command('ZINCRBY', key('leases'), String(-seconds * 1_000), id);
  };
  return {
    prefix,
    open: (variables = {}) => redisStore({ REGISTRY_URL: server.url, REGISTRY_PREFIX: prefix, ...variables }),
    elapse: async (seconds, store) => {
      await moveLeases(seconds);
      await store.lapsed();
    },
    elapseUnseen: async (seconds) => {
      await moveLeases(seconds);
      await server.command('HINCRBY', key('meta'), 'looked', String(-seconds * 1_000));
    },
    ageShares: async (seconds) => {
      const shares = (await server.command('HGETALL', key('shares'))) as string[];
      for (let i = 0; i < shares.length; i += 2) {
        const older = shares[i + 1].replace(/^\d+/, (at) => String(Number(at) - seconds * 1_000));
        await server.command('HSET', key('shares'), shares[i], older);
      }
    },
    damage: async (id, kind) => {
      const text = (await kept(id)) ?? '';
      const damaged =
        kind === 'corrupt' ? text.slice(0, 60) : text.replace('"format":1', `"format":${RECORD_FORMAT + 1}`);
      await server.command('HSET', key('backends'), id, damaged);
    },
    kept,
  };
}
