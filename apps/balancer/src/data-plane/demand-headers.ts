// The headers that tell what a request was accounted for: the backend always, a trusted client when it asks.
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

/** The answer to `Fairlead-Explain: 1`, with RFC 9651 parameters: `"disk-1"; compute=3; storage=1`. */
export function placementHeader(
  backendId: string | undefined,
  demand: ResourceVector,
  { names }: ResourceSpace,
): string[] {
  return ['Fairlead-Placement', [`"${backendId ?? ''}"`, ...names.map((name, r) => `${name}=${demand[r]}`)].join('; ')];
}
