// The headers that tell a backend what the request was accounted for.
import type { ResourceSpace, ResourceVector } from '@fairlead/scheduling';

/** `Compute` and `Storage`, as the first backends know them, and `Fairlead-Demand` with every resource by name. */
export function demandHeaders(demand: ResourceVector, { names }: ResourceSpace): string[] {
  const headers: string[] = [];
  const entries = names.map((name, r) => `${name}=${demand[r]}`);
  names.forEach((name, r) => {
    if (name === 'compute') headers.push('Compute', String(demand[r]));
    if (name === 'storage') headers.push('Storage', String(demand[r]));
  });
  headers.push('Fairlead-Demand', entries.join(', '));
  return headers;
}
