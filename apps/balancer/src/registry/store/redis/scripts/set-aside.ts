// Moves a corrupt record out of the way, unless it has been replaced meanwhile.
import { PRELUDE } from './prelude.js';

/** ARGV: cluster, id, and the text that is corrupt. */
export const SET_ASIDE = `${PRELUDE}
local id, text = ARGV[2], ARGV[3]
local refused = refusal()
if refused then return refused end
if redis.call('HGET', backends, id) ~= text then return 0 end
redis.call('HSET', aside, id, text)
redis.call('HDEL', backends, id)
redis.call('ZREM', leases, id)
return 1
`;
