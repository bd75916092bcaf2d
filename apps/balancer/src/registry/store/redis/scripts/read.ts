// Reads everything at once, and makes the store one of this cluster where it belongs to none.
import { NEWER_STORE, PRELUDE, STORE_FORMAT, FOREIGN } from './prelude.js';

/**
 * ARGV: cluster, epoch, hash key and cookie key of a new store. Returns the epoch, the last version, the keys, and what the
 * hashes `backends` and `aside` hold. Versions begin at the time, so that they grow also when the store was emptied.
 */
export const READ = `${PRELUDE}
local owner, format = unpack(redis.call('HMGET', meta, 'cluster', 'format'))
if owner and owner ~= cluster then return redis.error_reply('${FOREIGN} ' .. owner) end
if format and tonumber(format) ~= ${STORE_FORMAT} then return redis.error_reply('${NEWER_STORE} ' .. format) end
if not owner then
  local time = now()
  redis.call('HSET', meta, 'format', ${STORE_FORMAT}, 'cluster', cluster, 'epoch', ARGV[2], 'sequence', digits(time),
    'hash-key', ARGV[3], 'cookie-key', ARGV[4], 'looked', digits(time))
end
-- An entry that no script has added would keep them all from adding more.
local newest = redis.call('XREVRANGE', changes, '+', '-', 'COUNT', 1)[1]
if newest then
  local version = tonumber(string.match(newest[1], '^%d+'))
  if version > tonumber(redis.call('HGET', meta, 'sequence')) then
    redis.call('HSET', meta, 'sequence', digits(version))
  end
end
local facts = redis.call('HMGET', meta, 'epoch', 'sequence', 'hash-key', 'cookie-key')
return {facts, redis.call('HGETALL', backends), redis.call('HGETALL', aside)}
`;
