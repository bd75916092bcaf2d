// Amounts by resource, compared with the resources of the fleet.
import { declaredAmounts } from '@fairlead/contracts';
import type { FieldPath } from '../document/problems.js';
import type { BuildContext } from './build-context.js';

type Amounts = Readonly<Record<string, number>>;

/** Adds a problem for each name that is no resource of the fleet. */
export function checkResourceNames(amounts: Amounts, path: FieldPath, { problems, resourceNames }: BuildContext): void {
  for (const name of Object.keys(amounts)) {
    if (!resourceNames.includes(name)) problems.addUnknown([...path, name], name, resourceNames);
  }
}

/** The capacity of a backend: all resources; undefined if the file declares none. */
export function capacityOf(given: Amounts | undefined, path: FieldPath, context: BuildContext): Amounts | undefined {
  const { problems, resourceNames } = context;
  const amounts = declaredAmounts(given);
  if (amounts === undefined) return undefined;
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
