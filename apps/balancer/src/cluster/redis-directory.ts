// The directory of balancers in the Redis server that keeps their registry.
import { z } from 'zod';
import type { BalancerConfig } from '../config/balancer.config.js';
import { pairsOf } from '../registry/store/redis/change-stream.js';
import { RedisConnection } from '../registry/store/redis/redis-connection.js';
import { redisTargetOf, type RedisTarget } from '../registry/store/redis/redis-target.js';
import type { Announcement, BalancerDirectory } from './balancer-directory.js';

/** After this long a balancer that does not announce itself any more is forgotten, milliseconds. */
const FORGOTTEN_AFTER_MS = 60_000;

/**
 * KEYS: notices and views. ARGV: instance, notice, and after how many milliseconds one is forgotten. Returns instance, age
 * in ms and notice of each.
 */
const ANNOUNCE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])
local found, all = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at, notice = string.match(all[i + 1], '^(%d+) (.*)$')
  local age = at and now - tonumber(at)
  -- After a failover to a server whose clock is behind.
  if age and age < 0 then
    redis.call('HSET', KEYS[1], all[i], string.format('%.0f', now) .. ' ' .. notice)
    age = 0
  end
  if age and age < tonumber(ARGV[3]) then
    found[#found + 1] = all[i]
    found[#found + 1] = string.format('%.0f', age)
    found[#found + 1] = notice
  else
    redis.call('HDEL', KEYS[1], all[i])
    redis.call('HDEL', KEYS[2], all[i])
  end
end
return found
`;

const texts = z.array(z.string());

class RedisDirectory implements BalancerDirectory {
  private readonly connection: RedisConnection;
  private readonly notices: string;
  private readonly kept: string;

  /** `prefix` is that of the registry, `instance` is this process. */
  constructor(
    target: RedisTarget,
    prefix: string,
    private readonly instance: string,
  ) {
    this.connection = new RedisConnection(target);
    this.notices = `{${prefix}}:balancers`;
    this.kept = `{${prefix}}:views`;
  }

  async announce(notice: string): Promise<readonly Announcement[]> {
    const words = [this.instance, notice, String(FORGOTTEN_AFTER_MS)];
    const reply = texts.parse(await this.connection.script(ANNOUNCE, [this.notices, this.kept], words));
    const found: Announcement[] = [];
    for (let i = 0; i + 2 < reply.length; i += 3) {
      found.push({ instance: reply[i], ageMs: Number(reply[i + 1]), notice: reply[i + 2] });
    }
    return found;
  }

  async show(view: string): Promise<void> {
    await this.connection.command(['HSET', this.kept, this.instance, view]);
  }

  async views(): Promise<ReadonlyMap<string, string>> {
    const reply = texts.parse(await this.connection.command(['HGETALL', this.kept]));
    return new Map(Object.entries(pairsOf(reply)));
  }

  async withdraw(): Promise<void> {
    await this.announce('');
    await this.connection.command(['HDEL', this.kept, this.instance]);
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}

/** The directory beside a registry in a Redis server; undefined without REGISTRY_URL. */
export function directoryOf(config: BalancerConfig, instance: string): BalancerDirectory | undefined {
  const { REGISTRY_URL: url, REGISTRY_PREFIX: prefix } = config;
  return url && new RedisDirectory(redisTargetOf(url, config), prefix, instance);
}
