// What both kinds of backends of this benchmark share.
import type { IncomingHttpHeaders } from 'node:http';
import type { BackendAddress } from '../../contenders/contender.js';

/** The header in which a response names its backend, by its port. */
export const BACKEND_HEADER = 'x-backend';

/** A request as a backend received it. */
export interface Echo {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly bodySha256: string;
}

/** Running backends. */
export interface Backends {
  readonly addresses: readonly BackendAddress[];
  readonly pids: readonly number[];
  readonly stop: () => Promise<void>;
}

/** Number of backends. */
export const BACKENDS = 3;

/** Units per second of each resource: large enough that no balancer considers a backend busy. */
const CAPACITY = [10_000, 10_000];

/** Backends at these ports, in the form that contenders take. */
export function addressesOf(ports: readonly number[]): BackendAddress[] {
  return ports.map((port, b) => ({ id: `backend-${b + 1}`, port, capacity: CAPACITY }));
}
