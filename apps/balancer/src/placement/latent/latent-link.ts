// What connects the learning of a thread that serves clients with the model, which the main thread fits.
import type { LatencyLog, LatentTable } from '@fairlead/scheduling';

/** What is believed, with the names of classes, because each thread numbers them in its own way. */
export interface Beliefs {
  readonly table: LatentTable;
  /** The names of the classes, by number in the table; empty: no class has the number. */
  readonly names: readonly string[];
  /** The numbers, by name. */
  readonly numbers: ReadonlyMap<string, number>;
  /** What backends reported each class to cost, by number; undefined: nothing. */
  readonly reported: readonly (ReportedCost | undefined)[];
  /** Whether backends declare resources: latent resource r has the units of declared resource r then. */
  readonly isAnchored: boolean;
}

/** What a class was reported to cost. */
export interface ReportedCost {
  /** Units, in the fleet's order. */
  readonly units: readonly number[];
  readonly reports: number;
}

/** The name that a thread's number of a class stands for, from one record of the thread's log on. */
export interface ClassName {
  readonly classId: number;
  readonly name: string;
  /** The number of the name in the log. */
  readonly record: number;
}

/** The injection token of the thread's link; undefined with DECLARED_CAPACITY=trusted. */
export const LATENT_LINK = Symbol('LatentLink');

/** The link of one thread. */
export abstract class LatentLink {
  /** Where the thread writes the starts and ends of its requests. */
  abstract readonly log: LatencyLog;

  /** Says which class has a number in this thread from now on. */
  abstract nameClass(classId: number, name: string): void;

  /** Passes on what a class was reported to cost. */
  abstract reportCost(name: string, cost: ReportedCost): void;

  /** Passes on how busy a backend reports to be, 0 to 1, in the fleet's order; NaN: it does not say. */
  abstract reportUtilization(slot: number, utilization: readonly number[]): void;

  /** Passes what is believed to `use`: what is known now, and whenever it changes. */
  abstract listen(use: (beliefs: Beliefs) => void): void;
}
