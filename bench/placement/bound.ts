// λ*: the highest request rate that any balancer could sustain on a fleet, by linear programming.
import highsModule from 'highs';
import type { RequestClass } from './fleets.js';

// The package's types describe its CommonJS build, whose default export is one level deeper than in the ES module.
const highs = await (highsModule as unknown as typeof highsModule.default)();

/**
 * The largest λ such that some split x of the traffic fits every resource of every backend:
 *
 *     max λ   subject to   Σ_s x_ks = λ π_k for each class k,   Σ_k x_ks d_kr ≤ c_sr for each backend s and resource r
 *
 * Backends of equal capacity are grouped, which does not change the optimum: a solution can be averaged over them.
 * @throws {Error} when the solver finds no optimum.
 */
export function mostRequestsPerSecond(
  capacities: readonly (readonly number[])[],
  classes: readonly RequestClass[],
): number {
  const kinds = new Map<string, { capacity: readonly number[]; count: number }>();
  for (const capacity of capacities) {
    const kind = kinds.get(capacity.join());
    if (kind === undefined) kinds.set(capacity.join(), { capacity, count: 1 });
    else kind.count++;
  }
  const groups = [...kinds.values()];
  const flows = classes.map(
    ({ probability }, k) => `${groups.map((_, s) => `+ x${k}_${s}`).join(' ')} - ${probability} rate = 0`,
  );
  const limits = groups.flatMap(({ capacity, count }, s) =>
    capacity.map((units, r) => {
      const used = classes.flatMap(({ demand }, k) => (demand[r] > 0 ? [`+ ${demand[r]} x${k}_${s}`] : []));
      return used.length === 0 ? [] : [`${used.join(' ')} <= ${units * count}`];
    }),
  );
  const solution = highs.solve(`Maximize\n rate\nSubject To\n ${[...flows, ...limits.flat()].join('\n ')}\nEnd`);
  if (solution.Status !== 'Optimal') throw new Error(`no optimum for λ*: ${solution.Status}`);
  return solution.ObjectiveValue;
}
