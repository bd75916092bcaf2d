// What a balancer shares of its own: what it has learned itself, now and before its last start, and nothing that it knows from
// others, so that no belief comes back to it as another's.
import { alignShare, type LatentTable, type Share, type SharedEntry } from '@fairlead/scheduling';
import { sharedBeliefs, type Numbering } from './named-table.js';
import type { Limits } from './shares-in-store.js';
import { MIN_SHARED_SAMPLES, strongest, type Entries } from './strongest.js';

/** What was learned before the last start weighs 2^(−samples / 2,000): at least 0.47, and only time makes it fade further. */
const HALF_LIFE = 2_000;

/**
 * The share of a balancer. `former` is that of the time before its last start; `limits` are the largest numbers of classes
 * and machines. Undefined: there is nothing to share.
 */
export function ownShare(table: LatentTable, numbering: Numbering, former: Share, limits: Limits): Share | undefined {
  // All requests are taken to be alike.
  if (table.model === 'least-requests') return undefined;
  const { balancer } = former;
  const own = sharedBeliefs(balancer, withoutAdopted(table), numbering);
  const samples = Array.from(own.classes.values(), (entry) => entry.samples).reduce((sum, count) => sum + count, 0);
  const fading = 2 ** (-samples / HALF_LIFE);
  const all = sharedBeliefs(balancer, table, numbering);
  const before = samples < MIN_SHARED_SAMPLES ? former : alignShare(former, all);
  const present = samples < MIN_SHARED_SAMPLES ? undefined : all;
  const classes = combined(present?.classes, own.classes, before?.classes, fading, limits.classes);
  const machines = combined(present?.machines, own.machines, before?.machines, fading, limits.machines);
  const { rank } = present ?? former;
  return classes.size === 0 && machines.size === 0 ? undefined : { balancer, rank, classes, machines };
}

/** The present values, with own and former samples; where there are none, the former values. */
function combined(
  present: Entries | undefined,
  own: Entries,
  former: Entries | undefined,
  fading: number,
  limit: number,
): Entries {
  const names = new Set([...own.keys(), ...(former?.keys() ?? [])]);
  const entries: [string, SharedEntry][] = [];
  for (const name of names) {
    const values = (present?.get(name) ?? former?.get(name))?.values;
    const samples = (own.get(name)?.samples ?? 0) + fading * (former?.get(name)?.samples ?? 0);
    if (values) entries.push([name, { values, samples }]);
  }
  return strongest(entries, limit);
}

function withoutAdopted(table: LatentTable): LatentTable {
  const { classSamples, slotSamples, adoptedClassSamples, adoptedSlotSamples } = table;
  return {
    ...table,
    classSamples: classSamples.map((samples, k) => samples - adoptedClassSamples[k]),
    slotSamples: slotSamples.map((samples, slot) => samples - adoptedSlotSamples[slot]),
  };
}
