// The pool of each request of a route: the only one, or one of several by weight.
import type { WeightedPool } from '@fairlead/traffic-config';

export class PoolChoice {
  /** The end of each pool's share of the range from 0 to 1. */
  private readonly ends: readonly number[];

  /** The pool if there is only one; undefined when it takes a position. */
  readonly only: string | undefined;

  constructor(private readonly pools: readonly WeightedPool[]) {
    if (pools.length === 1) this.only = pools[0].pool;
    const total = pools.reduce((sum, { weight }) => sum + weight, 0);
    let end = 0;
    this.ends = pools.map(({ weight }) => (end += weight) / total);
  }

  /** The pool whose share contains `position`, from 0 to below 1. */
  at(position: number): string {
    const index = this.ends.findIndex((end) => position < end);
    // Rounding may leave the last end below 1; a last pool of weight 0 gets nothing all the same.
    return this.pools[index === -1 ? this.lastWithWeight : index].pool;
  }

  private get lastWithWeight(): number {
    return this.pools.findLastIndex(({ weight }) => weight > 0);
  }
}
