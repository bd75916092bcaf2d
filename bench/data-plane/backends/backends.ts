// What the two kinds of backends of this benchmark have in common.
import type { IncomingHttpHeaders } from 'node:http';
import type { BackendAddress } from '../../contenders/contender.js';

/** The header in which a response names its backend, by its port. */
export const BACKEND_HEADER = 'x-backend';

/** A request as it reached a backend. */
export interface Echo {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly bodySha256: string;
}

/** Backends that run. */
export interface Backends {
  readonly addresses: readonly BackendAddress[];
  readonly pids: readonly number[];
  readonly stop: () => Promise<void>;
}

/** How many there are. */
export const BACKENDS = 3;

/** Units per second of each resource: so many that no balancer considers one of them busy. */
const CAPACITY = [10_000, 10_000];

/** Backends at these ports, as contenders are given them. */
export function addressesOf(ports: readonly number[]): BackendAddress[] {
  return ports.map((port, b) => ({ id: `backend-${b + 1}`, port, capacity: CAPACITY }));
}
