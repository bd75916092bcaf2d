// The name that a misspelt one was meant to be.
import { distance } from 'fastest-levenshtein';

/** One letter in three may be wrong, missing or surplus. */
const CHARACTERS_PER_ERROR = 3;
const MAX_ERRORS = 3;

/**
 * Returns the name with the smallest edit distance to `given`, the first of several; undefined if every name
 * differs in more than a third of its letters. Case is ignored.
 */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  const allowed = Math.min(MAX_ERRORS, Math.floor(given.length / CHARACTERS_PER_ERROR));
  // The distance is at least the difference in length, so a long text costs nothing.
  const candidates = names
    .filter((name) => Math.abs(name.length - given.length) <= allowed)
    .map((name) => ({ name, errors: distance(given.toLowerCase(), name.toLowerCase()) }));
  const nearest = candidates.toSorted((a, b) => a.errors - b.errors).at(0);
  return nearest !== undefined && nearest.errors <= allowed ? nearest.name : undefined;
}
