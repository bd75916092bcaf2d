// Checks that the store can be read and written by a balancer of this cluster.
import { PRELUDE } from './prelude.js';

/** ARGV: cluster. It writes what is there already. */
export const CHECK = `${PRELUDE}
local refused = refusal()
if refused then return refused end
redis.call('HSET', meta, 'cluster', cluster)
return 1
`;
