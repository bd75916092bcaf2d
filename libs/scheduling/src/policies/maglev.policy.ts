// `maglev`: the same affinity key goes to the same backend, whoever else comes or leaves.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';
import { weightOf } from './weight.js';

/** Entries of the table: a prime, and 100 or more for each of some 650 backends. */
const ENTRIES = 65_537;

/**
 * Consistent hashing by table: each backend fills entries in an order of its own until none is free, as often as its
 * size says, and a key belongs to the backend of its entry. O(log candidates) for a decision, and O(entries) for the
 * first one after a change of the fleet. For caches and sessions; blind to load. One backend leaving moves its own keys
 * and about one in a hundred of the others'. A key whose backend is no candidate goes on to the next entry; a request
 * without a key gets a random one.
 * Source: Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer" (2016), §3.4; weights as in Envoy.
 */
export class MaglevPolicy implements PlacementPolicy {
  private readonly entries = new Int32Array(ENTRIES);
  private fleet: FleetSnapshot | undefined;

  constructor(private readonly context: PolicyContext) {}

  choose(candidates: Candidates, _demand: ResourceVector, affinity?: number): number {
    if (this.fleet !== candidates.fleet) {
      this.fleet = candidates.fleet;
      fillEntries(this.entries, candidates.fleet);
    }
    const key = affinity ?? Math.floor(this.context.random() * 2 ** 32);
    let entry = mixed(key) % ENTRIES;
    while (!candidates.has(this.entries[entry])) entry = entry + 1 === ENTRIES ? 0 : entry + 1;
    return this.entries[entry];
  }
}

/** Gives every entry a position of `fleet`. */
function fillEntries(entries: Int32Array, fleet: FleetSnapshot): void {
  entries.fill(-1);
  const weights = Float64Array.from({ length: fleet.size }, (_, position) => weightOf(fleet, position));
  const heaviest = Math.max(...weights);
  const offset = weights.map((_, position) => mixed(fleet.keys[position]) % ENTRIES);
  const skip = weights.map((_, position) => (mixed(~fleet.keys[position]) % (ENTRIES - 1)) + 1);
  const due = new Float64Array(fleet.size);
  for (let filled = 0; ;) {
    for (let position = 0; position < fleet.size; position++) {
      due[position] += weights[position] / heaviest;
      if (due[position] < 1) continue;
      due[position] -= 1;
      while (entries[offset[position]] >= 0) offset[position] = (offset[position] + skip[position]) % ENTRIES;
      entries[offset[position]] = position;
      if (++filled === ENTRIES) return;
    }
  }
}

/** MurmurHash3's finaliser: 32 bits in, 32 well-mixed bits out. */
function mixed(key: number): number {
  let hash = key >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
