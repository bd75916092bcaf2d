// Renews leases by the clock of the store.
import { PRELUDE } from './prelude.js';

/** ARGV: cluster, then id, incarnation and length in ms of each lease. Returns the ids that are not there. */
export const RENEW = `${PRELUDE}
local refused = refusal()
if refused then return refused end
local time, missing = now(), {}
for i = 2, #ARGV, 3 do
  local _, _, record = inspect(redis.call('HGET', backends, ARGV[i]))
  if record and record.incarnation == ARGV[i + 1] then
    redis.call('ZADD', leases, time + tonumber(ARGV[i + 2]), ARGV[i])
  else
    missing[#missing + 1] = ARGV[i]
  end
end
return missing
`;
