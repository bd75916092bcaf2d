// Finds the leases that have lapsed by the clock of the store, and removes them.
import { PRELUDE } from './prelude.js';

/**
 * ARGV: cluster. Returns how many leases there are, and the ids of those that have lapsed. A store that is full, and could
 * renew none, fails here.
 */
export const LAPSED = `${PRELUDE}
local refused = refusal()
if refused then return refused end
local time = now()
local isBack = wasAway(time)
redis.call('HSET', meta, 'looked', digits(time))
if isBack then
  for _, id in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
    local _, _, record = inspect(redis.call('HGET', backends, id))
    local leaseMs = leaseMsOf(record)
    if leaseMs then redis.call('ZADD', leases, 'GT', time + leaseMs, id) end
  end
end
local ids = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', digits(time))) do
  if inspect(redis.call('HGET', backends, id)) ~= 'newer' then ids[#ids + 1] = id end
end
return {redis.call('ZCARD', leases), ids}
`;

/** ARGV: cluster, who writes, how many changes to keep, and the ids. Returns those that were removed. */
export const REMOVE_LAPSED = `${PRELUDE}
local writer, kept = ARGV[2], ARGV[3]
local refused = refusal()
if refused then return refused end
local time, removed = now(), {}
if wasAway(time) then return removed end
for i = 4, #ARGV do
  local id = ARGV[i]
  local endsAt = tonumber(redis.call('ZSCORE', leases, id) or 'inf')
  local state, _, record = inspect(redis.call('HGET', backends, id))
  if endsAt <= time and state ~= 'newer' then
    redis.call('ZREM', leases, id)
    if state == 'record' then
      redis.call('HDEL', backends, id)
      local after = digits(nextVersion())
      local reason = 'lease lapsed: not renewed for ' .. tostring((leaseMsOf(record) or 0) / 1000) .. ' s'
      redis.call('XADD', changes, 'MAXLEN', '~', kept, after .. '-0', 'kind', 'removed', 'id', id, 'by', writer, 'reason', reason)
      removed[#removed + 1] = id
    end
  end
end
return removed
`;
