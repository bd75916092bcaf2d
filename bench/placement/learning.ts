// Demand learned instead of declared: the runs that measure the cost of learning, and their results.
import type { PolicyName } from '@fairlead/scheduling';
import { EXACT, HALVED, MIX_SHIFT, NOISE, NOISY, Trial, type Condition } from './conditions.js';
import { LearnedDemand } from './demand-model.js';
import { LEARNING_FLEETS } from './fleets.js';
import { keepsUp, tails, type Effort, type Setting } from './measure.js';
import { DISCIPLINES } from './results.js';
import { runOf, type Run } from './run.js';
import type { Scenario } from './simulation.js';
import type { Discipline } from './stations.js';

/** The measured load, as a fraction of λ*. */
export const LEARNED_LOAD = 0.8;

/** Which policy places the requests, and where its demand comes from. */
export type Contender = 'declared' | 'inferred' | 'reported' | 'least-requests';

/** The requests before the measured ones. */
export interface Beginning {
  readonly name: string;
  readonly requests: number;
  readonly load: number;
}

export const WARM: Beginning = { name: 'warm', requests: 5000, load: 0.5 };
export const COLD: Beginning = { name: 'cold', requests: 0, load: LEARNED_LOAD };
export const AFTER_REPORTS: Beginning = { name: 'after 500 reports', requests: 500, load: LEARNED_LOAD };

/** Conditions with bars. */
export const JUDGED_CONDITIONS = [EXACT, NOISE] as const;
/** Conditions without bars, one run each. */
export const ADVERSE_LEARNING_CONDITIONS = [MIX_SHIFT, HALVED, NOISY] as const;

/** The results: p99 of each contender by seed, and whether a cold start keeps up. */
export class LearningResults {
  private readonly figures = new Map<string, readonly number[]>();
  private readonly verdicts = new Map<string, boolean>();

  setTails(of: Case, contender: Contender, figures: readonly number[]): void {
    this.figures.set(`${keyOf(of)},${contender}`, figures);
  }

  /** p99 in seconds, by seed. @throws {Error} when it was not measured. */
  tails(of: Case, contender: Contender): readonly number[] {
    const figures = this.figures.get(`${keyOf(of)},${contender}`);
    if (figures === undefined) throw new Error(`not measured: ${keyOf(of)}, ${contender}`);
    return figures;
  }

  setKeepsUp(of: Case, isStable: boolean): void {
    this.verdicts.set(keyOf(of), isStable);
  }

  keepsUp(of: Case): boolean {
    return this.verdicts.get(keyOf(of)) ?? false;
  }
}

/** One situation that contenders are compared in. */
export interface Case {
  readonly fleet: string;
  readonly condition: Condition;
  readonly discipline: Discipline;
  readonly beginning: Beginning;
}

function keyOf({ fleet, condition, discipline, beginning }: Case): string {
  return [fleet, condition.name, discipline, beginning.name].join();
}

/** All runs. */
export function learningRuns(results: LearningResults, effort: Effort): Run[] {
  return LEARNING_FLEETS.flatMap((fleet) => {
    const tailsOf = (trial: Trial, discipline: Discipline, beginning: Beginning, contender: Contender) =>
      runOf(
        `${fleet.name} ${contender} ${beginning.name}, ${trial.condition.name}`,
        () => tails(settingOf(trial, discipline, beginning, contender), effort.requests, effort.learningSeeds),
        (figures) =>
          results.setTails(
            { fleet: fleet.name, condition: trial.condition, discipline, beginning },
            contender,
            figures,
          ),
      );
    const stability = (trial: Trial, discipline: Discipline) =>
      runOf(
        `${fleet.name} cold, ${trial.condition.name}, stable?`,
        () => keepsUp(settingOf(trial, discipline, COLD, 'inferred'), effort),
        (isStable) =>
          results.setKeepsUp({ fleet: fleet.name, condition: trial.condition, discipline, beginning: COLD }, isStable),
      );
    const judged = JUDGED_CONDITIONS.flatMap((condition) => {
      const trial = new Trial(fleet, condition);
      return DISCIPLINES.flatMap((discipline) => [
        ...(['declared', 'inferred', 'least-requests'] as const).flatMap((contender) =>
          [WARM, COLD].map((beginning) => tailsOf(trial, discipline, beginning, contender)),
        ),
        tailsOf(trial, discipline, AFTER_REPORTS, 'declared'),
        tailsOf(trial, discipline, AFTER_REPORTS, 'reported'),
        stability(trial, discipline),
      ]);
    });
    const adverse = ADVERSE_LEARNING_CONDITIONS.flatMap((condition) => {
      const trial = new Trial(fleet, condition);
      return (['declared', 'inferred', 'reported', 'least-requests'] as const).map((contender) =>
        tailsOf(trial, 'processor-sharing', WARM, contender),
      );
    });
    return [...judged, ...adverse];
  });
}

function settingOf(trial: Trial, discipline: Discipline, beginning: Beginning, contender: Contender): Setting {
  const policy: PolicyName = contender === 'least-requests' ? contender : 'drf';
  const isLearned = contender === 'inferred' || contender === 'reported';
  return (run): Scenario => ({
    ...trial.scenario(policy, LEARNED_LOAD, { ...run, discipline }),
    warmUp: 0,
    opening: { requests: beginning.requests, rate: beginning.load * trial.bound },
    ...(isLearned && { createDemandModel: (declared) => new LearnedDemand(declared) }),
    reportsCost: contender === 'reported',
  });
}
