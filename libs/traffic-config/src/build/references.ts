// The pools that a route names, checked where the rest of the route does not fit the schema.
import type { FieldPath } from '../document/problems.js';
import { checkPool } from './actions.js';
import type { BuildContext } from './build-context.js';

/** Adds a problem for each name of a pool in `route` that is unknown. What is not where names are expected is left alone. */
export function checkReferences(route: unknown, path: FieldPath, context: BuildContext): void {
  const check = (value: unknown, at: FieldPath) => {
    if (typeof value === 'string') checkPool(value, at, context);
  };
  const { pool, pools, mirror } = fieldsOf(route);
  check(pool, [...path, 'pool']);
  check(fieldsOf(mirror).pool, [...path, 'mirror', 'pool']);
  for (const [i, weighted] of (Array.isArray(pools) ? pools : []).entries()) {
    check(fieldsOf(weighted).pool, [...path, 'pools', i, 'pool']);
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
