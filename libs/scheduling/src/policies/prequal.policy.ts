// `prequal`: the fastest of the backends that are not hot, the least busy when all are.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';

/** Backends looked at for one request: the size of Prequal's pool of probes. */
const POOL = 16;
/** A backend is hot when it has more in flight than this part of the pool (Prequal's Q_RIF). */
const HOT_QUANTILE = 0.84;
/** Weight of an answer in a backend's average. */
const GAIN = 0.1;

/**
 * Prequal's hot-cold lexicographic rule: among up to sixteen backends, drop the hot ones, those whose exchanges in
 * flight lie above the pool's 84 % quantile, and take the one with the lowest latency of the rest. O(1). For fleets of
 * machines whose spare capacity is not known and changes under them, as with noisy neighbours.
 *
 * The load table stands in for Prequal's asynchronous probes: it is always fresh, but knows only this balancer's own
 * exchanges. Prequal's median latency near the present number in flight is approximated by that number times an average
 * of latency over exchanges in flight.
 * Source: Wydrowski, Kleinberg, Rumble and Archer, "Load is not what you should balance: Introducing Prequal" (2024), §4.
 */
export class PrequalPolicy implements PlacementPolicy {
  /** Average of latency over exchanges in flight at dispatch, itself included, by slot. */
  private readonly secondsEach: Float64Array;
  private readonly pool = new Int32Array(POOL);
  private readonly sorted = new Int32Array(POOL);

  constructor(private readonly context: PolicyContext) {
    this.secondsEach = new Float64Array(context.table.shape.slotCount);
  }

  choose({ fleet, positions, count }: Candidates, _demand: ResourceVector): number {
    const { pool } = this;
    const pooled = Math.min(count, POOL);
    const start = Math.floor(this.context.random() * count);
    for (let i = 0; i < pooled; i++) {
      const index = count <= POOL ? (start + i) % count : Math.floor(this.context.random() * count);
      pool[i] = positions[index];
    }
    const hotAbove = this.hotAbove(fleet, pooled);
    let fastest = pool[0];
    let lowestSeconds = Infinity;
    for (let i = 0; i < pooled; i++) {
      const slot = fleet.slots[pool[i]];
      if (this.context.table.active(slot) > hotAbove) continue;
      const seconds = this.expectedSeconds(slot);
      if (seconds >= lowestSeconds) continue;
      lowestSeconds = seconds;
      fastest = pool[i];
    }
    return fastest;
  }

  observe(slot: number, latencySeconds: number, activeAtDispatch: number): void {
    const seconds = latencySeconds / (activeAtDispatch + 1);
    const gain = this.secondsEach[slot] === 0 ? 1 : GAIN;
    this.secondsEach[slot] += gain * (seconds - this.secondsEach[slot]);
  }

  private expectedSeconds(slot: number): number {
    return this.secondsEach[slot] * (this.context.table.active(slot) + 1);
  }

  /** The quantile of the exchanges in flight of the pool, rounded down so that the busiest of a few can be hot. */
  private hotAbove(fleet: FleetSnapshot, pooled: number): number {
    const { sorted } = this;
    for (let i = 0; i < pooled; i++) {
      const active = this.context.table.active(fleet.slots[this.pool[i]]);
      let at = i;
      for (; at > 0 && sorted[at - 1] > active; at--) sorted[at] = sorted[at - 1];
      sorted[at] = active;
    }
    return sorted[Math.floor(HOT_QUANTILE * (pooled - 1))];
  }
}
