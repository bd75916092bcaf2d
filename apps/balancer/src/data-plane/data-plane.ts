// The data plane as the rest of the balancer sees it, with any number of threads.
import type { RequestRecord } from '@fairlead/contracts';
import type { BothPorts, EachPort } from './listener.js';
import type { NamedBelief } from '../placement/demand-learning.js';

/** Why no thread of the data plane is ready. */
export const NOT_LISTENING = 'the balancer is shutting down or not listening yet';

/** Descriptors of inherited sockets for each port; empty: the balancer binds the port itself. */
export type InheritedPorts = BothPorts<readonly number[]>;

/** The interface, and its injection token. */
export abstract class DataPlane {
  /** Why clients should not be sent here now; undefined when it accepts them all, and is not about to stop. */
  abstract readonly unreadyReason: string | undefined;

  /** The ports on which clients are accepted. */
  abstract readonly ports: EachPort<number>;

  /** Accepts clients on the inherited sockets, or without any on the configured address. Logs each address once. */
  abstract listen(inherited: InheritedPorts): Promise<void>;

  /** Shuts down gracefully; resolves when nothing is in flight. */
  abstract close(): Promise<void>;

  /** The last requests, newest first. */
  abstract requests(): Promise<RequestRecord[]>;

  /** Requests that wait for room, by pool; pools without any may be left out. */
  abstract queued(): Promise<Record<string, number>>;

  /** The estimated demand of each class of requests. */
  abstract beliefs(): Promise<NamedBelief[]>;
}
