// What the main thread and the threads of the data plane tell each other. Whatever can be read from the load table is not
// told: it is in shared memory.
import type { AddressInfo } from 'node:net';
import type { RequestRecord } from '@fairlead/contracts';
import type { LoadTableShape } from '@fairlead/scheduling';
import type { ListenAddress } from '../data-plane/listener.js';
import type { DisconnectScope, BackendObservation } from '../registry/snapshot/backend-observation.js';
import type { NamedBelief } from '../placement/demand-learning.js';

/** What a thread begins with. */
export interface ThreadData {
  /** Its row in the load table. */
  readonly thread: number;
  readonly shape: LoadTableShape;
  readonly buffer: SharedArrayBuffer;
}

/** A backend that may be given requests. */
export interface MemberMessage {
  readonly slot: number;
  /** The same as long as it is the same registration; never used again for another one. */
  readonly identity: number;
  readonly id: string;
  readonly url: string;
  /** Units per second, in the fleet's order. */
  readonly capacity: readonly number[];
  readonly maxActive: number;
  readonly key: number;
  readonly incarnation: number;
  /** Seconds since it began to start slowly. Not the moment: each thread has a clock of its own. */
  readonly ageSeconds: number;
}

/** The fleet, whole. */
export interface FleetMessage {
  readonly kind: 'fleet';
  readonly version: number;
  /** How many observations of this thread the registry had heard of when it made this. */
  readonly lastHandled: number;
  readonly members: readonly MemberMessage[];
}

/** What can be asked of a thread, and what it answers. */
export interface Replies {
  readonly requests: RequestRecord[];
  readonly beliefs: NamedBelief[];
}

/** A question to a thread. */
export interface Query {
  readonly kind: 'query';
  readonly id: number;
  readonly what: keyof Replies;
}

/** From the main thread. */
export type ToThread =
  /** The first message; nothing else is sent before it has answered `ready`. */
  | { readonly kind: 'init'; readonly data: ThreadData }
  | FleetMessage
  | { readonly kind: 'slot-freed'; readonly slot: number }
  | { readonly kind: 'disconnect'; readonly slot: number; readonly what: DisconnectScope }
  | { readonly kind: 'listen'; readonly where: ListenAddress }
  | { readonly kind: 'close' }
  | Query;

/** What a thread saw of a backend. Numbered from 1 on. */
export interface ObservationMessage {
  readonly kind: 'observation';
  readonly number: number;
  readonly slot: number;
  readonly identity: number;
  readonly observation: BackendObservation;
}

/** To the main thread. */
export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening'; readonly address: AddressInfo }
  | { readonly kind: 'refused'; readonly problem: string }
  /** It places by this version of the fleet from here on. */
  | { readonly kind: 'snapshot-acknowledged'; readonly version: number }
  | ObservationMessage
  | { readonly kind: 'probe-requested'; readonly slot: number; readonly identity: number }
  | { readonly kind: 'reply'; readonly id: number; readonly answer: Replies[keyof Replies] };

/** Where a thread sends its messages; the token by which it is injected. */
export abstract class MainThread {
  abstract post(message: FromThread): void;
}
