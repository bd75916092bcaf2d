// All that was measured, and what is asked of it.
import type { Case } from './cases.js';
import type { Entry } from './contenders.js';
import type { Footprint } from './footprint.js';
import { ratiosByRound, spreadOf, type Spread } from './statistics.js';
import type { Sample } from './turn.js';

/** A contender that was left out, from the beginning or from some turn on. */
export interface Absence {
  readonly title: string;
  readonly why: string;
  /** Whether that is a failure of its own; else this build does not have it. */
  readonly isFailure: boolean;
}

export class Results {
  readonly samples: Sample[] = [];
  readonly footprints: Footprint[] = [];
  readonly absences: Absence[] = [];

  constructor(
    readonly cases: readonly Case[],
    readonly contenders: readonly Entry[],
  ) {}

  /** The samples of a contender in a case, a round each. */
  of(caseName: string, contender: string): Sample[] {
    return this.samples.filter((sample) => sample.caseName === caseName && sample.contender === contender);
  }

  /** How many times the CPU time per request of another one a contender takes. Undefined without both. */
  costRatio(caseName: string, contender: string, other: string): Spread | undefined {
    const ratios = this.costRatios(caseName, contender, other);
    return ratios.length > 0 ? spreadOf(ratios) : undefined;
  }

  /**
   * The same for each round that has both: the two turns were next to each other in time, so that what slows the whole
   * machine down cancels out.
   */
  costRatios(caseName: string, contender: string, other: string): number[] {
    return ratiosByRound(this.of(caseName, contender), this.of(caseName, other), ({ cpuMicros }) => cpuMicros);
  }

  footprintOf(contender: string): Footprint | undefined {
    return this.footprints.find((each) => each.contender === contender);
  }
}
