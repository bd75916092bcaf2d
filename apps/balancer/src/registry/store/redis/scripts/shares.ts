// What balancers have learned: a hash with the share of each, after the time at which it was written.
import { PRELUDE } from './prelude.js';

/** ARGV: cluster, id of the balancer, its share, and after how many seconds without any new one all are forgotten. */
export const WRITE_SHARE = `${PRELUDE}
local refused = refusal()
if refused then return refused end
redis.call('HSET', shares, ARGV[2], digits(now()) .. ' ' .. ARGV[3])
redis.call('EXPIRE', shares, ARGV[4])
return 1
`;

/**
 * ARGV: cluster, after how many ms a share is forgotten, and the length beyond which it is not read. Returns balancer,
 * age in ms and share of each; an empty one in place of one that is too long. What has no time is returned once, for the log.
 */
export const READ_SHARES = `${PRELUDE}
local refused = refusal()
if refused then return refused end
local time, found, all = now(), {}, redis.call('HGETALL', shares)
for i = 1, #all, 2 do
  local at, text = string.match(all[i + 1], '^(%d+) (.*)$')
  local age = at and time - tonumber(at) or 0
  if not at or age > tonumber(ARGV[2]) then redis.call('HDEL', shares, all[i]) end
  if age <= tonumber(ARGV[2]) then
    text = text or all[i + 1]
    found[#found + 1] = all[i]
    found[#found + 1] = digits(age)
    found[#found + 1] = #text <= tonumber(ARGV[3]) and text or ''
  end
end
return found
`;
