// This balancer's pseudonym in `Via`, by which it detects a request that comes back to it (RFC 9110 §7.6.3).
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/** Unique per balancer and the same in all its threads: derived from host name and process id. */
export const VIA_PSEUDONYM = `fairlead-${createHash('sha256').update(`${hostname()} ${process.pid}`).digest('hex').slice(0, 8)}`;
