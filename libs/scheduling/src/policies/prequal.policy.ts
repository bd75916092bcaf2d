// `prequal`: the fastest of the backends that are not hot, or the least busy when all are.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';

/** Backends compared for one request: the size of Prequal's probe pool. */
const POOL_SIZE = 16;
/** A backend is hot when its exchanges in flight exceed this quantile of the pool (Prequal's Q_RIF). */
const HOT_QUANTILE = 0.84;
/** Weight of one response in a backend's average. */
const GAIN = 0.1;

/**
 * Prequal's hot-cold lexicographic rule: among up to sixteen backends, drop the hot ones, whose exchanges in flight
 * exceed the pool's 84 % quantile, and take the one with the lowest latency of the rest. O(1). Suits fleets whose spare
 * capacity is unknown and changes, as with noisy neighbours.
 *
 * The load table replaces Prequal's asynchronous probes: it is always fresh, but counts only this balancer's exchanges.
 * Prequal's median latency near the current number in flight is approximated by that number times the average of
 * latency per exchange in flight.
 *
 * Source: Wydrowski, Kleinberg, Rumble and Archer, "Load is not what you should balance: Introducing Prequal" (2024), §4.
 */
export class PrequalPolicy implements PlacementPolicy {
  /** Average of latency / exchanges in flight at dispatch (including this one), seconds, by slot. */
  private readonly secondsPerActive: Float64Array;
  private readonly pool = new Int32Array(POOL_SIZE);
  private readonly sorted = new Int32Array(POOL_SIZE);

  constructor(private readonly context: PolicyContext) {
    this.secondsPerActive = new Float64Array(context.table.shape.slotCount);
  }

  choose({ fleet, positions, count }: Candidates, _demand: ResourceVector): number {
    const { pool } = this;
    const poolSize = Math.min(count, POOL_SIZE);
    const start = Math.floor(this.context.random() * count);
    for (let i = 0; i < poolSize; i++) {
      const index = count <= POOL_SIZE ? (start + i) % count : Math.floor(this.context.random() * count);
      pool[i] = positions[index];
    }
    const hotThreshold = this.hotThreshold(fleet, poolSize);
    let fastest = pool[0];
    let lowestSeconds = Infinity;
    for (let i = 0; i < poolSize; i++) {
      const slot = fleet.slots[pool[i]];
      if (this.context.table.active(slot) > hotThreshold) continue;
      const seconds = this.expectedSeconds(slot);
      if (seconds >= lowestSeconds) continue;
      lowestSeconds = seconds;
      fastest = pool[i];
    }
    return fastest;
  }

  observe(slot: number, latencySeconds: number, activeAtDispatch: number): void {
    const seconds = latencySeconds / (activeAtDispatch + 1);
    const gain = this.secondsPerActive[slot] === 0 ? 1 : GAIN;
    this.secondsPerActive[slot] += gain * (seconds - this.secondsPerActive[slot]);
  }

  private expectedSeconds(slot: number): number {
    return this.secondsPerActive[slot] * (this.context.table.active(slot) + 1);
  }

  /** The quantile of exchanges in flight in the pool. The rank is rounded down, so that one of a few can be hot. */
  private hotThreshold(fleet: FleetSnapshot, poolSize: number): number {
    const { sorted } = this;
    for (let i = 0; i < poolSize; i++) {
      const active = this.context.table.active(fleet.slots[this.pool[i]]);
      let at = i;
      for (; at > 0 && sorted[at - 1] > active; at--) sorted[at] = sorted[at - 1];
      sorted[at] = active;
    }
    return sorted[Math.floor(HOT_QUANTILE * (poolSize - 1))];
  }
}
