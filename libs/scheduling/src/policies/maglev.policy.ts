// `maglev`: the same affinity key goes to the same backend, even when other backends join or leave.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';
import { weightOf } from './weight.js';

/** Table size: a prime, with at least 100 entries per backend for up to 650 backends. */
const ENTRIES = 65_537;

/**
 * Consistent hashing with a lookup table. Each backend fills entries in its own order, in proportion to its size, until
 * the table is full; a key belongs to the backend of its entry. O(log candidates) per decision, and O(entries) for the
 * first decision after a fleet change. Suits caches and sessions; blind to load. The table depends on the keys and the
 * declared capacities of the backends alone, so that all balancers in front of a fleet have the same one. When one backend
 * leaves, its own keys move and about one in a hundred of the others. If the backend of a key is not a candidate, the next entries are
 * tried. A request without a key gets a random entry.
 * Source: Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer" (2016), §3.4; weights as in Envoy.
 */
export class MaglevPolicy implements PlacementPolicy {
  private readonly entries = new Int32Array(ENTRIES);
  /** The snapshot that the entries are of. */
  private declared: FleetSnapshot | undefined;

  constructor(private readonly context: PolicyContext) {}

  choose(candidates: Candidates, _demand: ResourceVector, affinity?: number): number {
    const { declared } = candidates.fleet;
    if (this.declared !== declared) {
      this.declared = declared;
      fillEntries(this.entries, declared);
    }
    const key = affinity ?? Math.floor(this.context.random() * 2 ** 32);
    let entry = mixBits(key) % ENTRIES;
    while (!candidates.has(this.entries[entry])) entry = entry + 1 === ENTRIES ? 0 : entry + 1;
    return this.entries[entry];
  }
}

/** Assigns a position of `fleet` to every entry. */
function fillEntries(entries: Int32Array, fleet: FleetSnapshot): void {
  entries.fill(-1);
  const weights = Float64Array.from({ length: fleet.size }, (_, position) => weightOf(fleet, position));
  const maxWeight = Math.max(...weights);
  const offset = weights.map((_, position) => mixBits(fleet.keys[position]) % ENTRIES);
  const skip = weights.map((_, position) => (mixBits(~fleet.keys[position]) % (ENTRIES - 1)) + 1);
  const credit = new Float64Array(fleet.size);
  const order = orderOfTurns(fleet, weights);
  for (let filled = 0; ;) {
    for (const position of order) {
      credit[position] += weights[position] / maxWeight;
      if (credit[position] < 1) continue;
      credit[position] -= 1;
      while (entries[offset[position]] >= 0) offset[position] = (offset[position] + skip[position]) % ENTRIES;
      entries[offset[position]] = position;
      if (++filled === ENTRIES) return;
    }
  }
}

/**
 * The positions in the order in which their backends take turns: by key, because that of the positions is each balancer's
 * own. Two backends whose 32-bit keys are equal take turns by size.
 */
function orderOfTurns({ keys }: FleetSnapshot, weights: Float64Array): number[] {
  const positions = Array.from(keys, (_, position) => position);
  return positions.sort((a, b) => keys[a] - keys[b] || weights[b] - weights[a]);
}

/** MurmurHash3's finaliser: 32 bits in, 32 well-mixed bits out. */
function mixBits(key: number): number {
  let hash = key >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
