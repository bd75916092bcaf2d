// How busy a backend says it is, by the resources of the fleet.
import type { ReportedLoad } from './cost-entries.js';

/** The resource that a field about a whole backend stands for: the first of these names that the fleet has. */
const CPU_NAMES = ['cpu', 'compute'];
const MEMORY_NAMES = ['memory', 'mem'];

/**
 * Writes the utilization of each resource in `names` into `out`; NaN where the report says nothing. `cpu_utilization`
 * stands for the resource `cpu`, or else `compute`, and `mem_utilization` for `memory`, or else `mem`, unless
 * `utilization` names it.
 *
 * @returns whether it says anything of a resource of the fleet.
 */
export function writeUtilization(load: ReportedLoad, names: readonly string[], out: Float64Array): boolean {
  let isAny = false;
  for (let r = 0; r < names.length; r++) {
    out[r] = load.utilization.get(names[r]) ?? gaugeOf(load, names, names[r]) ?? NaN;
    isAny ||= out[r] >= 0;
  }
  return isAny;
}

function gaugeOf({ gauges }: ReportedLoad, names: readonly string[], name: string): number | undefined {
  if (gauges.size === 0) return undefined;
  if (name === firstOf(CPU_NAMES, names)) return gauges.get('cpu_utilization');
  return name === firstOf(MEMORY_NAMES, names) ? gauges.get('mem_utilization') : undefined;
}

function firstOf(candidates: readonly string[], names: readonly string[]): string | undefined {
  return candidates.find((candidate) => names.includes(candidate));
}
