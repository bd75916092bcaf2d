// Variables that have no effect without another one.

/**
 * Returns a sentence if a variable is set and the one that it needs is not, in an array; otherwise an empty one.
 *
 * @param variables by name; undefined: not set.
 */
export function requireNeeded<Name extends string>(
  variables: Readonly<Partial<Record<Name, unknown>>>,
  name: Name,
  needed: Name,
): string[] {
  const isMissing = variables[name] !== undefined && variables[needed] === undefined;
  return isMissing ? [`${name} needs ${needed}, which is not set`] : [];
}
