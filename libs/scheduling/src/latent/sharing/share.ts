// What a balancer believes, in a form that others understand: by the names of classes and the ids of machines.
import { commonBasis, type Basis, type Pair } from './basis.js';

/** What is believed of a class or a machine. */
export interface SharedEntry {
  /** Units of a class, or seconds per unit of a machine, by latent resource. Each is finite and above 0. */
  readonly values: readonly number[];
  /** How many samples it rests on. Above 0. */
  readonly samples: number;
}

/** What one balancer believes. */
export interface Share {
  /** The id of the balancer. */
  readonly balancer: string;
  /** Number of latent resources, and so of the values of each entry. */
  readonly rank: number;
  /** By name. */
  readonly classes: ReadonlyMap<string, SharedEntry>;
  /** By id. */
  readonly machines: ReadonlyMap<string, SharedEntry>;
}

/**
 * Brings a share to the order and the scale of another's latent resources, by the classes and machines that both know;
 * undefined: these are too few, the shares disagree, or their ranks differ.
 */
export function alignShare(share: Share, reference: Share): Share | undefined {
  if (share.rank !== reference.rank) return undefined;
  const overlap = {
    classes: pairsOf(reference.classes, share.classes),
    machines: pairsOf(reference.machines, share.machines),
  };
  const basis = commonBasis(overlap, share.rank);
  if (!basis) return undefined;
  return {
    ...share,
    classes: rebased(share.classes, basis, (scale) => 1 / scale),
    machines: rebased(share.machines, basis, (scale) => scale),
  };
}

function pairsOf(own: ReadonlyMap<string, SharedEntry>, other: ReadonlyMap<string, SharedEntry>): Pair[] {
  const pairs: Pair[] = [];
  for (const [name, theirs] of other) {
    const mine = own.get(name);
    if (mine) pairs.push({ own: mine.values, other: theirs.values, weight: Math.min(mine.samples, theirs.samples) });
  }
  return pairs;
}

function rebased(
  entries: ReadonlyMap<string, SharedEntry>,
  { order, scale }: Basis,
  factorOf: (scale: number) => number,
): ReadonlyMap<string, SharedEntry> {
  return new Map(
    Array.from(entries, ([name, { values, samples }]) => [
      name,
      { values: order.map((from, r) => values[from] * factorOf(scale[r])), samples },
    ]),
  );
}
