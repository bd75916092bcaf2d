// The name this balancer goes by in `Via`: its own for each process, so that a request that comes back is known.
import { randomBytes } from 'node:crypto';

/** RFC 9110 §7.6.3. */
export const PSEUDONYM = `fairlead-${randomBytes(4).toString('hex')}`;
