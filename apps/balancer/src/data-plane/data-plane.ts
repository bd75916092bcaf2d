// The data plane as the rest of the balancer sees it, however many threads it has.
import type { RequestRecord } from '@fairlead/contracts';
import type { NamedBelief } from '../placement/demand-learning.js';

/** The token by which it is injected. */
export abstract class DataPlane {
  /** Whether clients should be sent here: they are accepted, and that will not end in a moment. */
  abstract readonly isReady: boolean;

  /** The port clients are accepted on. */
  abstract readonly port: number;

  /** Accepts clients: on the sockets that were inherited, or on its own when there are none. Logs where, once. */
  abstract listen(inherited: readonly number[]): Promise<void>;

  /** Goes out of service in order, and resolves when nothing is in flight any more. */
  abstract close(): Promise<void>;

  /** The last requests, newest first. */
  abstract requests(): Promise<RequestRecord[]>;

  /** What requests are believed to need, by class. */
  abstract beliefs(): Promise<NamedBelief[]>;
}
