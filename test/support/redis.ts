// Redis servers that live as long as the test that starts them, unless they are told otherwise.
import * as servers from '../processes/redis-server.js';
import type { RedisPlace, RedisServer } from '../processes/redis-server.js';
import { whenTestEnds, type AtEnd } from './lifetime.js';

export type { RedisServer };

/** Starts a server; `options` are more of its arguments. */
export function startRedis(
  path: string,
  options: readonly string[] = [],
  { atEnd = whenTestEnds, ...place }: Partial<RedisPlace> = {},
): Promise<RedisServer> {
  return servers.startRedis(path, options, { ...place, atEnd });
}

/** Starts a Sentinel that watches a server under the name `mymaster`. */
export function startSentinel(path: string, master: RedisServer, atEnd: AtEnd = whenTestEnds): Promise<RedisServer> {
  return servers.startSentinel(path, master, atEnd);
}
