// The name this balancer gives itself in `Via`, by which it knows a request that comes back to it (RFC 9110 §7.6.3).
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/** Different for each balancer, the same in all threads of one: made from its host and its process. */
export const VIA_PSEUDONYM = `fairlead-${createHash('sha256').update(`${hostname()} ${process.pid}`).digest('hex').slice(0, 8)}`;
