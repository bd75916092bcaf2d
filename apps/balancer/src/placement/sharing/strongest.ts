// Which entries of a share are worth keeping.
import type { SharedEntry } from '@fairlead/scheduling';

/** What rests on fewer samples is left out. */
export const MIN_SHARED_SAMPLES = 0.5;

/** Entries by name. */
export type Entries = ReadonlyMap<string, SharedEntry>;

/** The entries with the most samples, at most `limit`, in that order. */
export function strongest(entries: Iterable<readonly [string, SharedEntry]>, limit: number): Entries {
  const kept = [...entries].filter(([, { samples }]) => samples >= MIN_SHARED_SAMPLES);
  return new Map(kept.toSorted(([, a], [, b]) => b.samples - a.samples).slice(0, limit));
}
