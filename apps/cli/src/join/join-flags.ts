// The flags of `join`, as commander parses them.
import type { Amounts } from '../invocation/amounts.js';

/** What the user gave. */
export interface JoinFlags {
  readonly port?: number;
  readonly host?: string;
  readonly path?: string;
  readonly compute?: Amounts;
  readonly storage?: Amounts;
  readonly resource?: Amounts;
  readonly measure?: true;
  readonly measureIn?: string;
  readonly id?: string;
  readonly pool?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly maxInFlight?: number;
  readonly lease: number;
  readonly backendUrl?: string;
  readonly balancer?: readonly string[];
  /** Seconds, as the next two. */
  readonly startTimeout?: number;
  readonly drainTimeout: number;
  readonly stopTimeout: number;
}
