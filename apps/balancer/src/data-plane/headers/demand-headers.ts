// The headers that show a request's demand: to the backend always, to a trusted client on request.
import type { ResourceSpace, ResourceVector } from '@fairlead/scheduling';

/**
 * `Compute` and `Storage` in whole units, which backends of the original protocol parse, and `Fairlead-Demand` with the
 * exact amount of every resource by name.
 */
export function demandHeaders(demand: ResourceVector, { names }: ResourceSpace): string[] {
  const headers: string[] = [];
  const entries = names.map((name, r) => `${name}=${decimal(demand[r])}`);
  names.forEach((name, r) => {
    if (name === 'compute') headers.push('Compute', wholeUnits(demand[r]));
    if (name === 'storage') headers.push('Storage', wholeUnits(demand[r]));
  });
  headers.push('Fairlead-Demand', entries.join(', '));
  return headers;
}

/** The response header for `Fairlead-Explain: 1`, with RFC 9651 parameters: `"disk-1"; compute=3; storage=1`. */
export function placementHeader(
  backendId: string | undefined,
  demand: ResourceVector,
  { names }: ResourceSpace,
): string[] {
  return [
    'Fairlead-Placement',
    [`"${backendId ?? ''}"`, ...names.map((name, r) => `${name}=${decimal(demand[r])}`)].join('; '),
  ];
}

/** Rounded up, so that a demand above 0 never becomes 0. */
function wholeUnits(units: number): string {
  return String(Math.ceil(units));
}

/** RFC 9651 §3.3.2: at most three digits after the decimal point. */
function decimal(units: number): string {
  return String(Math.round(units * 1000) / 1000);
}
