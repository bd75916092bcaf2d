// All measurements, and queries on them.
import type { Case } from './cases.js';
import type { Entry } from './contenders.js';
import type { Footprint } from './footprint.js';
import { ratiosByRound, spreadOf, type Spread } from './statistics.js';
import type { Sample } from './turn.js';

/** A contender that was left out, from the start or after some turn. */
export interface Absence {
  readonly title: string;
  readonly why: string;
  /** Whether it failed; otherwise this build does not support it. */
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

  /** The samples of a contender in a case, one per round. */
  of(caseName: string, contender: string): Sample[] {
    return this.samples.filter((sample) => sample.caseName === caseName && sample.contender === contender);
  }

  /** CPU time per request of a contender, relative to another one. Undefined without samples of both. */
  costRatio(caseName: string, contender: string, other: string): Spread | undefined {
    const ratios = this.costRatios(caseName, contender, other);
    return ratios.length > 0 ? spreadOf(ratios) : undefined;
  }

  /**
   * The same for each round that has both. The two turns were close in time, so that a slowdown of the whole machine
   * cancels out.
   */
  costRatios(caseName: string, contender: string, other: string): number[] {
    return ratiosByRound(this.of(caseName, contender), this.of(caseName, other), ({ cpuMicros }) => cpuMicros);
  }

  footprintOf(contender: string): Footprint | undefined {
    return this.footprints.find((each) => each.contender === contender);
  }
}
