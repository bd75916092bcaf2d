// Amounts by resource, compared with the resources of the fleet.
import type { FieldPath } from '../document/problems.js';
import type { BuildContext } from './build-context.js';

type Amounts = Readonly<Record<string, number>>;

/** Adds a problem for each name that is no resource of the fleet. */
export function checkResourceNames(amounts: Amounts, path: FieldPath, { problems, resourceNames }: BuildContext): void {
  for (const name of Object.keys(amounts)) {
    if (!resourceNames.includes(name)) problems.addUnknown([...path, name], name, resourceNames);
  }
}

/** The capacity of a backend: all resources, or 1 of each if the file gives none. */
export function capacityOf(amounts: Amounts | undefined, path: FieldPath, context: BuildContext): Amounts {
  const { problems, resourceNames } = context;
  if (amounts === undefined) return Object.fromEntries(resourceNames.map((name) => [name, 1]));
  checkResourceNames(amounts, path, context);
  const missing = resourceNames.filter((name) => !Object.hasOwn(amounts, name));
  if (missing.length > 0) {
    problems.add(
      path,
      `must have all resources of the fleet, 0 for what the backend does not have: add ${missing.join(', ')}`,
    );
  }
  return amounts;
}
