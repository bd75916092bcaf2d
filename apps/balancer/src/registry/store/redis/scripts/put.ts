// Stores a record, if the stored version is the one that the balancer knows.
import { PRELUDE } from './prelude.js';

/**
 * ARGV: cluster, id, expected version, record as JSON without its version, length of its lease in ms (0: none), who writes,
 * and how many changes to keep. What can fail comes first: a script that fails has changed nothing but the sequence.
 */
export const PUT = `${PRELUDE}
local id, expected, body, leaseMs, writer, kept = ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5]), ARGV[6], ARGV[7]
local refused = refusal()
if refused then return refused end
local present = redis.call('HGET', backends, id)
local state, version = inspect(present)
if state == 'newer' then return {'newer-format'} end
if version ~= expected then return {'conflict', digits(version), present} end
local after = digits(nextVersion())
local record = '{"version":' .. after .. ',' .. string.sub(body, 2)
redis.call('XADD', changes, 'MAXLEN', '~', kept, after .. '-0', 'kind', 'stored', 'id', id, 'by', writer, 'record', record)
if state == 'corrupt' then redis.call('HSET', aside, id, present) end
redis.call('HSET', backends, id, record)
if leaseMs > 0 then redis.call('ZADD', leases, now() + leaseMs, id) else redis.call('ZREM', leases, id) end
return {'stored', after}
`;
