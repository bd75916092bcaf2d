// Finds environment variables that are misspelt: they are not known, and look like one that is.
import { distance } from 'fastest-levenshtein';
import type { Environment } from './environment.js';

/** No other program has variables that begin like this. */
const OWN_PREFIX = 'FAIRLEAD_';
/** Wrong, missing or surplus letters by which a name may differ from the one that was meant. */
const MAX_ERRORS = 2;
/** Shorter names are a few letters away from those of other programs. */
const MIN_LENGTH = 8;

/**
 * A sentence for each variable of the environment that is not among `known` and is not that of another program: it is at
 * most two letters away from a known one, or begins with `FAIRLEAD_`.
 */
export function unknownVariables(environment: Environment, known: readonly string[]): readonly string[] {
  const knownNames = new Set(known);
  return Object.keys(environment)
    .filter((name) => !knownNames.has(name))
    .flatMap((name) => {
      const meant = nearestVariable(name, known);
      if (meant !== undefined)
        return [`${name} is not a variable of this process and has no effect: did you mean ${meant}?`];
      return name.startsWith(OWN_PREFIX) ? [`${name} is not a variable of this process and has no effect`] : [];
    });
}

/** The known name that is nearest, with at most two errors. */
function nearestVariable(name: string, known: readonly string[]): string | undefined {
  const candidates = known
    .filter((other) => other.length >= MIN_LENGTH && Math.abs(other.length - name.length) <= MAX_ERRORS)
    .map((other) => ({ other, errors: distance(name.toUpperCase(), other) }))
    .filter(({ errors }) => errors <= MAX_ERRORS);
  return candidates.toSorted((a, b) => a.errors - b.errors).at(0)?.other;
}
