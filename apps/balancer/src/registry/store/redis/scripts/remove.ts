// Removes a record, if the stored version is the one that the balancer knows.
import { PRELUDE } from './prelude.js';

/** ARGV: cluster, id, expected version, reason, who writes, and how many changes to keep. Works in a full store too. */
export const REMOVE = `${PRELUDE}
local id, expected, reason, writer, kept = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6]
local refused = refusal()
if refused then return refused end
local present = redis.call('HGET', backends, id)
local state, version = inspect(present)
if state == 'newer' then return {'newer-format'} end
if state ~= 'record' or version ~= expected then return {'conflict', digits(version), present} end
redis.call('HDEL', backends, id)
redis.call('ZREM', leases, id)
local after = digits(nextVersion())
redis.call('XADD', changes, 'MAXLEN', '~', kept, after .. '-0', 'kind', 'removed', 'id', id, 'by', writer, 'reason', reason)
return {'stored', after}
`;
