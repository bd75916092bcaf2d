// The interfaces of an attack of the security suite. Each file of attacks/ exports one as `attack`.
import type { Program } from '../../scripts/programs.ts';
import type { AtEnd } from '../support/lifetime.ts';

/** Parts of the data plane that an attack goes through. */
export type Lane = 'fast' | 'full' | 'upgrade';

export const LANES: readonly Lane[] = ['fast', 'full', 'upgrade'];

/** One case of an attack. Counts as one test. */
export interface Check {
  readonly name: string;
  /** What did not hold; undefined when the attack was fended off. */
  readonly problem: string | undefined;
}

/** What an attack found. */
export interface Findings {
  readonly checks: readonly Check[];
  /** Figures for the table. */
  readonly detail?: string;
}

/** How the suite runs. */
export interface Form {
  /** The long form uses the numbers of the issue; the short one is for CI. */
  readonly isLong: boolean;
  /** Seed of what is random. */
  readonly seed: number;
  /** How long the mutator goes on in each lane; undefined: a moment. */
  readonly minutes: number | undefined;
  /** Lanes of the mutator. */
  readonly lanes: readonly Lane[];
}

export interface Attack {
  /** Its name on the command line. */
  readonly name: string;
  /** What must hold, as a sentence. */
  readonly title: string;
  /** Programs it runs. Where one is missing it is skipped, or fails if FAIRLEAD_REQUIRE_PROGRAMS is set. */
  readonly needs?: readonly Program[];
  /** Runs it. What it starts ends with it, by `atEnd`. @throws {Error} when it could not run. */
  run(form: Form, atEnd: AtEnd): Promise<Findings>;
}
