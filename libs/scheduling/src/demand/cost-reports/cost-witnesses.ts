// The cost that several machines report for one class of requests, protected against a machine that lies or miscounts.
import { lowerMedian } from '../../median.js';
import type { ResourceVector } from '../../resources.js';
import { ReportedDemand } from './reported-demand.js';

/** Machines that are listened to for each class: enough for a median. */
const MAX_WITNESSES = 9;
/** A machine with fewer reports is left out, unless all have fewer. */
const MIN_REPORTS = 5;
/** Seconds of silence after which another machine may take the place of one. */
const SILENT_SECONDS = 60;

interface Witness {
  readonly slot: number;
  readonly mean: ReportedDemand;
  heardAt: number;
}

/**
 * The median over machines of each one's mean. Of two in the middle it is the lower one: a cost that is too high misplaces
 * requests more than one that is too low. Adding a report is O(1), and allocates only for a machine that is new.
 */
export class CostWitnesses {
  private witnesses: Witness[] = [];

  constructor(private readonly resourceCount: number) {}

  /** The number of reports that count. */
  get reports(): number {
    return this.witnesses.reduce((sum, { mean }) => sum + mean.reports, 0);
  }

  /** Adds a report of the machine in a slot, units by resource. */
  add(slot: number, cost: ArrayLike<number>, atSeconds: number): void {
    const witness = this.witnesses.find((each) => each.slot === slot) ?? this.admit(slot, atSeconds);
    if (!witness) return;
    const { mean } = witness;
    witness.heardAt = atSeconds;
    mean.add(cost, mean.reports === 0 ? cost : mean.mean, atSeconds);
  }

  /** The cost of the class, units by resource; 0 without reports. */
  median(): ResourceVector {
    const heard = this.witnesses.filter(({ mean }) => mean.reports >= MIN_REPORTS);
    const counted = heard.length > 0 ? heard : this.witnesses;
    return new Float64Array(this.resourceCount).map(
      (_, r) => lowerMedian(counted.map(({ mean }) => mean.mean[r])) ?? 0,
    );
  }

  /** Forgets a machine whose slot will be reused. */
  forgetSlot(slot: number): void {
    this.witnesses = this.witnesses.filter((each) => each.slot !== slot);
  }

  private admit(slot: number, atSeconds: number): Witness | undefined {
    if (this.witnesses.length === MAX_WITNESSES) {
      const silent = this.witnesses.findIndex(({ heardAt }) => atSeconds - heardAt > SILENT_SECONDS);
      if (silent === -1) return undefined;
      this.witnesses.splice(silent, 1);
    }
    const witness = { slot, mean: new ReportedDemand(this.resourceCount), heardAt: atSeconds };
    this.witnesses.push(witness);
    return witness;
  }
}
