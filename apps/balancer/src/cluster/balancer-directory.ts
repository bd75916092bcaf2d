// Where the balancers of a cluster announce themselves to each other.

/** A balancer that has announced itself. */
export interface Announcement {
  /** Random for each process. */
  readonly instance: string;
  /** What it says of itself; empty: that it has ended. */
  readonly notice: string;
  /** How long ago, by the clock of the store, milliseconds. */
  readonly ageMs: number;
}

/** Its methods reject with a `StoreError` when the store fails. */
export interface BalancerDirectory {
  /** Says that this balancer is there, and returns all that were within the last minute, itself included. */
  readonly announce: (notice: string) => Promise<readonly Announcement[]>;
  /** Says how this balancer sees the backends. */
  readonly show: (view: string) => Promise<void>;
  /** How each balancer sees them, by instance. */
  readonly views: () => Promise<ReadonlyMap<string, string>>;
  /** Says that this balancer has ended. */
  readonly withdraw: () => Promise<void>;
  /** Ends all use of it. */
  readonly close: () => Promise<void>;
}
