// Several balancers in front of one fleet: the runs that measure what they need to know of each other's load.
import { EXACT, Trial } from './conditions.js';
import { FLEETS, type Fleet } from './fleets.js';
import { keepsUp, tails, type Effort, type Setting } from './measure.js';
import { runOf, type Run } from './run.js';
import type { Scenario } from './simulation.js';

/** Loads, as fractions of λ*: p99 is measured at the first, and the fleet has to keep up at the second. */
export const SHARING_LOAD = 0.8;
export const SHARING_STABLE_LOAD = 0.9;

export const BALANCERS = [2, 4, 8] as const;
/** The number of balancers that the bars are for. */
export const JUDGED_BALANCERS = 4;

/** How a balancer learns of the load of the others. */
export interface Sharing {
  readonly name: string;
  readonly hearSeconds?: number;
  readonly reportsLoad?: boolean;
}

export const OWN_VIEW: Sharing = { name: 'own view' };
export const SHARINGS: readonly Sharing[] = [
  OWN_VIEW,
  { name: '20 ms', hearSeconds: 0.02 },
  { name: '50 ms', hearSeconds: 0.05 },
  { name: '200 ms', hearSeconds: 0.2 },
  { name: 'in responses', reportsLoad: true },
];

/** The results: p99 by fleet, number of balancers and sharing, and whether the fleet keeps up. */
export class SharingResults {
  private readonly figures = new Map<string, readonly number[]>();
  private readonly verdicts = new Map<string, boolean>();

  setTails(fleet: Fleet, balancers: number, { name }: Sharing, figures: readonly number[]): void {
    this.figures.set([fleet.name, balancers, name].join(), figures);
  }

  /** p99 in seconds, by seed. @throws {Error} when it was not measured. */
  tails(fleet: Fleet, balancers: number, { name }: Sharing): readonly number[] {
    const figures = this.figures.get([fleet.name, balancers, name].join());
    if (figures === undefined) throw new Error(`not measured: ${fleet.name}, ${balancers} balancers, ${name}`);
    return figures;
  }

  /** p99 over that of one balancer, which knows everything, by seed. */
  ratios(fleet: Fleet, balancers: number, sharing: Sharing): number[] {
    const alone = this.tails(fleet, 1, OWN_VIEW);
    return this.tails(fleet, balancers, sharing).map((figure, seed) => figure / alone[seed]);
  }

  setKeepsUp(fleet: Fleet, { name }: Sharing, isStable: boolean): void {
    this.verdicts.set([fleet.name, name].join(), isStable);
  }

  keepsUp(fleet: Fleet, { name }: Sharing): boolean {
    return this.verdicts.get([fleet.name, name].join()) ?? false;
  }
}

/** All runs. */
export function sharingRuns(results: SharingResults, effort: Effort): Run[] {
  return FLEETS.flatMap((fleet) => {
    const tailsOf = (balancers: number, sharing: Sharing) =>
      runOf(
        `${fleet.name}, ${balancers} balancers, ${sharing.name}`,
        () => tails(settingOf(fleet, balancers, sharing, SHARING_LOAD), effort.requests, effort.seeds),
        (figures) => results.setTails(fleet, balancers, sharing, figures),
      );
    const stability = (sharing: Sharing) =>
      runOf(
        `${fleet.name}, ${JUDGED_BALANCERS} balancers, ${sharing.name}, stable?`,
        () => keepsUp(settingOf(fleet, JUDGED_BALANCERS, sharing, SHARING_STABLE_LOAD), effort),
        (isStable) => results.setKeepsUp(fleet, sharing, isStable),
      );
    return [
      tailsOf(1, OWN_VIEW),
      ...BALANCERS.flatMap((balancers) => SHARINGS.map((sharing) => tailsOf(balancers, sharing))),
      ...SHARINGS.map(stability),
    ];
  });
}

function settingOf(fleet: Fleet, balancers: number, sharing: Sharing, load: number): Setting {
  const trial = new Trial(fleet, { ...EXACT, balancers, ...sharing });
  return (run): Scenario => trial.scenario('drf', load, { ...run, discipline: 'processor-sharing' });
}
