// The results of the benchmark, and the list of runs that produce them.
import { POLICY_NAMES, type PolicyName } from '@fairlead/scheduling';
import { EXACT, NOISY, ADVERSE_CONDITIONS, Trial, type Condition } from './conditions.js';
import type { Fleet } from './fleets.js';
import { highestStableLoad, median, tails, type Effort } from './measure.js';
import { runOf, type Run } from './run.js';
import type { Scenario } from './simulation.js';
import type { Discipline } from './stations.js';

/** Loads with bars, as fractions of λ*. */
export const JUDGED_LOADS = [0.5, 0.8, 0.95] as const;
/** Loads that are plotted. */
export const PLOTTED_LOADS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97] as const;
export const DISCIPLINES: readonly Discipline[] = ['processor-sharing', 'fifo'];
/** Policies in the plots. The others ignore load, and their latencies are off the scale. */
export const PLOTTED_POLICIES: readonly PolicyName[] = [
  'drf',
  'min-dominant-share',
  'best-fit',
  'least-requests',
  'power-of-two',
  'peak-ewma',
  'prequal',
  'ratio-fit',
  'weighted-round-robin',
];
/** Policies tested under adverse conditions. */
export const ADVERSE_POLICIES: readonly PolicyName[] = ['drf', 'min-dominant-share', 'best-fit', 'least-requests'];
/** Load under adverse conditions, as a fraction of λ*. */
export const ADVERSE_LOAD = 0.8;
/** `drf-sampled` is a variant of `drf`, not a rival. */
const RIVALS = POLICY_NAMES.filter((name) => !name.startsWith('drf'));

/** Figures by what they measure. A figure that was not measured is absent. */
export class Results {
  private readonly figures = new Map<string, number>();

  constructor(readonly fleets: readonly Fleet[]) {}

  set(figure: number, ...of: readonly (string | number)[]): void {
    this.figures.set(of.join(), figure);
  }

  get(...of: readonly (string | number)[]): number {
    const figure = this.figures.get(of.join());
    if (figure === undefined) throw new Error(`not measured: ${of.join(', ')}`);
    return figure;
  }

  /** The rival with the lowest p99 on a fleet with exact demands. */
  bestRival(fleet: Fleet, discipline: Discipline, load: number): PolicyName {
    const tail = (name: PolicyName) => this.get('p99', fleet.name, EXACT.name, discipline, name, load);
    return RIVALS.reduce((best, name) => (tail(name) < tail(best) ? name : best));
  }
}

/** All runs, grouped by fleet. */
export function runsFor(results: Results, effort: Effort): Run[] {
  return results.fleets.flatMap((fleet) => {
    const exact = new Trial(fleet, EXACT);
    results.set(exact.bound, 'bound', fleet.name);
    const tail = (trial: Trial, discipline: Discipline, policy: PolicyName, load: number): Run<number> =>
      runOf(
        `${fleet.name} ${policy} at ${load}`,
        () =>
          median(tails((run) => trial.scenario(policy, load, { ...run, discipline }), effort.requests, effort.seeds)),
        (p99) => results.set(p99, 'p99', fleet.name, trial.condition.name, discipline, policy, load),
      );
    const stable = (condition: Condition, discipline: Discipline, policy: PolicyName): Run<number> =>
      runOf(
        `${fleet.name} ${policy} stable`,
        () => {
          const trial = new Trial(fleet, condition);
          const settingAt = (load: number) => (run: Pick<Scenario, 'requests' | 'seed'>) =>
            trial.scenario(policy, load, { ...run, discipline });
          return highestStableLoad(settingAt, effort);
        },
        (load) => results.set(load, 'stable', fleet.name, condition.name, discipline, policy),
      );
    const judged = DISCIPLINES.flatMap((discipline) =>
      POLICY_NAMES.flatMap((policy) => JUDGED_LOADS.map((load) => tail(exact, discipline, policy, load))),
    );
    const between = PLOTTED_LOADS.filter((load) => !(JUDGED_LOADS as readonly number[]).includes(load));
    const plotted = PLOTTED_POLICIES.flatMap((policy) =>
      between.map((load) => tail(exact, 'processor-sharing', policy, load)),
    );
    const adverse = ADVERSE_CONDITIONS.flatMap((condition) => {
      const trial = new Trial(fleet, condition);
      return ADVERSE_POLICIES.map((policy) => tail(trial, 'processor-sharing', policy, ADVERSE_LOAD));
    });
    const stability = [
      ...POLICY_NAMES.map((policy) => stable(EXACT, 'processor-sharing', policy)),
      stable(EXACT, 'fifo', 'drf'),
      ...DISCIPLINES.map((discipline) => stable(NOISY, discipline, 'drf')),
    ];
    return [...judged, ...plotted, ...adverse, ...stability];
  });
}
