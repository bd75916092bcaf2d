// The headers that show a request's demand: to the backend always, to a trusted client on request.
import type { ResourceSpace, ResourceVector } from '@fairlead/scheduling';

/** Digits after the point: where nothing is declared, a demand is in seconds, and often below a millisecond. */
const DEMAND_DIGITS = 6;
/** RFC 9651 §3.3.2 allows no more. */
const PLACEMENT_DIGITS = 3;

/**
 * `Compute` and `Storage` in whole units, which backends of the original protocol parse, and `Fairlead-Demand` with the
 * amount of every resource by name, to a millionth of a unit.
 */
export function demandHeaders(demand: ResourceVector, { names }: ResourceSpace): string[] {
  const headers: string[] = [];
  const entries = names.map((name, r) => `${name}=${decimal(demand[r], DEMAND_DIGITS)}`);
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
    [`"${backendId ?? ''}"`, ...names.map((name, r) => `${name}=${decimal(demand[r], PLACEMENT_DIGITS)}`)].join('; '),
  ];
}

/** Rounded up, so that a demand above 0 never becomes 0. */
function wholeUnits(units: number): string {
  return String(Math.ceil(units));
}

/** Rounded to that many digits after the point, so that a demand above 0 never becomes 0. */
function decimal(units: number, digits: number): string {
  const scale = 10 ** digits;
  const rounded = Math.round(units * scale);
  return String((units > 0 ? Math.max(1, rounded) : 0) / scale);
}
