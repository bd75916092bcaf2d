// Checks variables that have no effect without another one.

/**
 * Returns a sentence if a variable is set but the one that it needs is not; otherwise nothing.
 *
 * @param variables by name; undefined: not set.
 */
export function dependencyProblems<Name extends string>(
  variables: Readonly<Partial<Record<Name, unknown>>>,
  name: Name,
  needed: Name,
): string[] {
  const isMissing = variables[name] !== undefined && variables[needed] === undefined;
  return isMissing ? [`${name} needs ${needed}, which is not set`] : [];
}
