// Merges what several balancers believe, so that no single one of them decides.
import { median } from '../../median.js';
import { MAX_ADOPTED_ENTRY, MAX_ADOPTED_SAMPLES, MIN_ADOPTED_ENTRY } from '../adoption.js';
import { alignShare, type Share, type SharedEntry } from './share.js';

/** A value of one balancer counts as at most this multiple of the median of all, and at least the inverse. */
const MAX_DEVIATION = 4;

/** What is believed of a class or a machine by several. */
export interface MergedEntry extends SharedEntry {
  /** The ids of the balancers that know of it. */
  readonly from: readonly string[];
}

/** What several balancers believe. */
export interface MergedShares {
  readonly rank: number;
  /** By name. */
  readonly classes: ReadonlyMap<string, MergedEntry>;
  /** By id. */
  readonly machines: ReadonlyMap<string, MergedEntry>;
}

/**
 * Merges shares. Each is brought to the order and scale of `own`, which is what this balancer believes itself; without it, to
 * those of the first share that at least half of the others agree with. Shares that disagree are left out. Undefined: none
 * is left.
 */
export function mergeShares(shares: readonly Share[], own?: Share): MergedShares | undefined {
  const reference = own ?? referenceOf(shares);
  if (!reference) return undefined;
  const aligned = shares
    .map((share) => (share === reference ? share : alignShare(share, reference)))
    .filter((share) => share !== undefined);
  if (aligned.length === 0) return undefined;
  return {
    rank: reference.rank,
    classes: mergedEntries(aligned, ({ classes }) => classes),
    machines: mergedEntries(aligned, ({ machines }) => machines),
  };
}

function referenceOf(shares: readonly Share[]): Share | undefined {
  const agreeing = (candidate: Share) =>
    shares.filter((share) => share !== candidate && alignShare(share, candidate)).length;
  return shares.find((candidate) => 2 * agreeing(candidate) >= shares.length - 1) ?? shares[0];
}

function mergedEntries(
  shares: readonly Share[],
  entriesOf: (share: Share) => ReadonlyMap<string, SharedEntry>,
): ReadonlyMap<string, MergedEntry> {
  const merged = new Map<string, MergedEntry>();
  for (const name of new Set(shares.flatMap((share) => [...entriesOf(share).keys()]))) {
    const knowing = shares.filter((share) => entriesOf(share).has(name));
    const entries = knowing.map((share) => entriesOf(share).get(name)).filter((entry) => entry !== undefined);
    merged.set(name, { ...mergedEntry(entries), from: knowing.map(({ balancer }) => balancer) });
  }
  return merged;
}

/** The mean in logarithms, weighted by samples, of values that were brought near their median. */
function mergedEntry(entries: readonly SharedEntry[]): SharedEntry {
  const weights = entries.map(({ samples }) => Math.min(MAX_ADOPTED_SAMPLES, samples));
  const samples = weights.reduce((sum, weight) => sum + weight, 0);
  const values = entries[0].values.map((_, r) => {
    const logs = entries.map((entry) => Math.log(entry.values[r]));
    const middle = median(logs);
    const limit = Math.log(MAX_DEVIATION);
    const near = logs.map((log) => Math.min(middle + limit, Math.max(middle - limit, log)));
    const mean = Math.exp(near.reduce((sum, log, i) => sum + (weights[i] / samples) * log, 0));
    return Math.min(MAX_ADOPTED_ENTRY, Math.max(MIN_ADOPTED_ENTRY, mean));
  });
  return { values, samples };
}
