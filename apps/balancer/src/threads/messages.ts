// The messages between the main thread and the worker threads of the data plane. What the load table holds is not sent:
// it is in shared memory.
import type { AddressInfo } from 'node:net';
import type { RequestRecord } from '@fairlead/contracts';
import type { HashKey, LoadTableShape } from '@fairlead/scheduling';
import type { ClientMaterial, ServerMaterial } from '@fairlead/tls';
import type { TrafficConfig } from '@fairlead/traffic-config';
import type { EachPort, ListenAddress } from '../data-plane/listener.js';
import type { DisconnectScope, BackendObservation } from '../registry/snapshot/backend-observation.js';
import type { NamedBelief } from '../placement/demand-learning.js';
import type { Beliefs, ClassName, ReportedCost } from '../placement/latent/latent-link.js';

/** What a thread starts with. */
export interface ThreadData {
  /** Its row in the load table. */
  readonly thread: number;
  readonly shape: LoadTableShape;
  readonly buffer: SharedArrayBuffer;
  /** Of the request table. */
  readonly requests: SharedArrayBuffer;
  /** Of the client table. */
  readonly clients: SharedArrayBuffer;
  /** The certificates and keys of the TLS port; undefined if there is none. */
  readonly credentials: ServerMaterial | undefined;
  /** What connections to backends are made with. */
  readonly backendCredentials: ClientMaterial;
  /** Of the warnings about peers. */
  readonly warnings: SharedArrayBuffer;
  /** Of the facts of the cluster. */
  readonly cluster: SharedArrayBuffer;
  /** Pools and routes. */
  readonly traffic: TrafficConfig;
  /** The log of its requests, and what is believed of backends so far; undefined: nothing is learned of them. */
  readonly learning: { readonly log: SharedArrayBuffer; readonly beliefs: Beliefs } | undefined;
}

/** A backend that may be given requests. */
export interface MemberMessage {
  readonly slot: number;
  /** Of its registration: a backend that leaves and registers again has another one. */
  readonly identity: number;
  readonly id: string;
  readonly url: string;
  readonly pool: string;
  /** Units per second, in the fleet's order: declared, or a stand-in. */
  readonly capacity: readonly number[];
  readonly isDeclared: boolean;
  readonly maxActive: number;
  readonly key: number;
  readonly incarnation: number;
  /** Seconds since its slow start began. Not a time: each thread has its own monotonic clock. */
  readonly ageSeconds: number;
}

/** The whole fleet. */
export interface FleetMessage {
  readonly kind: 'fleet';
  readonly version: number;
  /** The number of the last observation of this thread that the registry had handled by then. */
  readonly lastHandled: number;
  readonly hashKey: HashKey;
  readonly cookieKey: string;
  readonly members: readonly MemberMessage[];
}

/** What the main thread can query from a thread, with the type of the result. */
export interface Replies {
  readonly requests: RequestRecord[];
  readonly queued: Record<string, number>;
  readonly beliefs: NamedBelief[];
}

export interface Query {
  readonly kind: 'query';
  readonly id: number;
  readonly what: keyof Replies;
}

/** From the main thread. */
export type ToThread =
  /** The first message; nothing else is sent before the thread is `ready`. */
  | { readonly kind: 'init'; readonly data: ThreadData }
  /** Pools and routes from now on. The thread acknowledges them with the fleet that follows. */
  | { readonly kind: 'traffic'; readonly traffic: TrafficConfig }
  | FleetMessage
  | { readonly kind: 'slot-freed'; readonly slot: number }
  /** What is believed of requests and backends from now on. */
  | { readonly kind: 'beliefs'; readonly beliefs: Beliefs }
  | { readonly kind: 'disconnect'; readonly slot: number; readonly scope: DisconnectScope }
  /** `ownPorts`: those that the process listens on already. */
  | { readonly kind: 'listen'; readonly where: EachPort<ListenAddress>; readonly ownPorts: readonly number[] }
  /** New certificates and keys of the TLS port. */
  | { readonly kind: 'credentials'; readonly material: ServerMaterial }
  /** What connections to backends are made with from now on. */
  | { readonly kind: 'backend-credentials'; readonly material: ClientMaterial }
  | { readonly kind: 'close' }
  | Query;

/** What a thread observed of a backend. */
export interface ObservationMessage {
  readonly kind: 'observation';
  /** Counts this thread's observations, from 1. */
  readonly number: number;
  readonly slot: number;
  readonly identity: number;
  readonly observation: BackendObservation;
}

/** To the main thread. */
export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening'; readonly addresses: EachPort<AddressInfo> }
  | { readonly kind: 'listen-failed'; readonly reason: string }
  /** It uses this version of the fleet from now on. */
  | { readonly kind: 'snapshot-acknowledged'; readonly version: number }
  | ObservationMessage
  /** A number of this thread means this class of requests from now on. */
  | { readonly kind: 'class-named'; readonly named: ClassName }
  | { readonly kind: 'cost-reported'; readonly name: string; readonly cost: ReportedCost }
  | { readonly kind: 'utilization-reported'; readonly slot: number; readonly utilization: readonly number[] }
  | { readonly kind: 'probe-requested'; readonly slot: number; readonly identity: number }
  | { readonly kind: 'reply'; readonly id: number; readonly result: Replies[keyof Replies] };

/** The main thread, as a worker thread sends messages to it. Also the injection token. */
export abstract class MainThread {
  abstract post(message: FromThread): void;

  /** Whether the main thread has stopped waiting for this thread, which hung: the fleet here may be out of date. */
  abstract readonly hasStoppedWaiting: boolean;

  /** Applies the fleets that the main thread has sent so far at once, ahead of its other messages. */
  abstract catchUp(): void;
}
