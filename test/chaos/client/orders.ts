// Messages between the harness and the client program.
import type { RequestRecord } from '../scenario.ts';

/** To the program: its task, once. */
export interface Task {
  /** Ports of 127.0.0.1 that requests are sent to in turn. */
  readonly ports: readonly number[];
  /** Whether it speaks TLS. */
  readonly isSecure: boolean;
  /** Prefix of all ids of this client. */
  readonly tag: string;
  readonly methods: readonly ('GET' | 'POST')[];
  /** Over all ports. */
  readonly connections: number;
  readonly patienceMs: number;
  readonly pace: Pace;
}

/** When requests are sent. */
export type Pace =
  /** Evenly, until it is stopped. */
  | { readonly kind: 'rate'; readonly perSecond: number }
  /** When they are due, milliseconds from the start, ascending. */
  | { readonly kind: 'due'; readonly dueMs: readonly number[] }
  /** Closed loop: each connection sends the next request once it has its response. For the calibration only. */
  | { readonly kind: 'closed' };

/** From now on, requests are sent to these ports of the task only. */
export interface Use {
  readonly use: readonly number[];
}

export type Order = Task | Use | 'stop';

/** From the program: all that were `sent` have been reported when it is over. JSON leaves out what is undefined. */
export type Word = 'started' | 'using' | { readonly records: readonly RequestRecord[] } | { readonly sent: number };
