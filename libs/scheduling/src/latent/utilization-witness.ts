// How busy machines report to be, as evidence of how slow they are.
//
// By the utilization law, machine s is busy for a fraction U = Σ_k λ_k D_kr G_sr of the time at resource r, where λ_k is its
// throughput of class k (Denning and Buzen, "The Operational Analysis of Queueing Network Models", Computing Surveys 10(3),
// 1978). A machine that is busier than that, compared with the other machines, is slower than it is believed to be.
import { median } from '../median.js';
import type { LatentFactors, LatentShape } from './latent-factors.js';
import type { Prior } from './multiplicative-update.js';

/** Weight of what a machine reports, in samples of it. */
const WITNESS_SAMPLES = 5;
/** Seconds of observation after which a reading, and a request, count half. */
const HALF_LIFE_SECONDS = 30;
/** Least weight of readings, and of requests, by which a machine is judged. */
const MIN_READINGS = 2;
const MIN_REQUESTS = 10;
/** A lower mean reading counts as this. */
const MIN_UTILIZATION = 1e-3;

/** The readings and the requests of one machine. All sums fade with time. */
interface Machine {
  /** When the sums were last reduced, in seconds of observation. */
  agedAt: number;
  seconds: number;
  /** Requests that have ended, by class. */
  readonly requests: Float64Array;
  /** Sums of the readings and their numbers, by resource. */
  readonly readings: Float64Array;
  readonly counts: Float64Array;
}

/**
 * Only the differences between machines count: what is common to all of them, such as the number of their cores, or the
 * requests of other balancers, says nothing of one. Recording a request is O(1), and does nothing for a machine that reports
 * nothing.
 */
export class UtilizationWitness {
  /** By slot; undefined: it has reported nothing. */
  private machines: (Machine | undefined)[] = [];
  /** Seconds during which requests were recorded. */
  private observedSeconds = 0;
  private lastAt = NaN;
  /** How many resources the reports are about. */
  private resourceCount = 0;

  constructor(private readonly shape: LatentShape) {}

  /** Records a reading of a machine, 0 to 1, by resource; one that is negative or not a finite number says nothing. */
  report(slot: number, utilization: ArrayLike<number>): void {
    this.resourceCount = Math.min(this.shape.rankLimit, utilization.length);
    const { readings, counts } = this.agedMachine(slot);
    for (let r = 0; r < this.resourceCount; r++) {
      if (!(utilization[r] >= 0 && utilization[r] < Infinity)) continue;
      readings[r] += utilization[r];
      counts[r]++;
    }
  }

  /** Records that a request has ended. */
  ended(classId: number, slot: number, atSeconds: number): void {
    if (atSeconds > this.lastAt) this.observedSeconds += atSeconds - this.lastAt;
    if (!(atSeconds < this.lastAt)) this.lastAt = atSeconds;
    const machine = this.machines[slot];
    if (machine) machine.requests[classId]++;
  }

  /** Records that requests may have been missed since the last one. */
  interrupt(): void {
    this.lastAt = NaN;
  }

  forgetClass(classId: number): void {
    for (const machine of this.machines) machine?.requests.fill(0, classId, classId + 1);
  }

  forgetSlot(slot: number): void {
    this.machines[slot] = undefined;
  }

  /**
   * How slow the machines are according to their reports, if requests need what the factors say. Undefined: there are no
   * reports, or the factors have fewer resources than these.
   */
  beliefs(factors: LatentFactors): Prior | undefined {
    const { rankLimit, slotCount } = this.shape;
    if (this.resourceCount === 0 || factors.rank < this.resourceCount) return undefined;
    const values = new Float64Array(slotCount * rankLimit);
    const weights = new Float64Array(slotCount);
    for (let r = 0; r < this.resourceCount; r++) {
      const excesses = this.excesses(factors, r);
      if (excesses.size < 2) continue;
      const usual = median([...excesses.values()]);
      for (const [slot, excess] of excesses) {
        weights[slot] = WITNESS_SAMPLES;
        values[slot * rankLimit + r] = factors.slowness[slot * rankLimit + r] * Math.exp(excess - usual);
      }
    }
    return { values, weights };
  }

  /** How much busier each machine is at a resource than the factors say, in logarithms, by slot. */
  private excesses(factors: LatentFactors, r: number): Map<number, number> {
    const excesses = new Map<number, number>();
    for (const slot of this.machines.keys()) {
      if (!this.machines[slot]) continue;
      const { requests, seconds, readings, counts } = this.agedMachine(slot);
      let [busySeconds, total] = [0, 0];
      for (let k = 0; k < requests.length; k++) {
        if (requests[k] === 0) continue;
        total += requests[k];
        busySeconds += requests[k] * factors.workSeconds(k, slot, r);
      }
      if (total < MIN_REQUESTS || counts[r] < MIN_READINGS || !(seconds > 0)) continue;
      const utilization = Math.max(MIN_UTILIZATION, readings[r] / counts[r]);
      excesses.set(slot, Math.log(utilization) - Math.log(busySeconds / seconds));
    }
    return excesses;
  }

  /** The sums of a machine, reduced for the time since they last were. */
  private agedMachine(slot: number): Machine {
    const machine = (this.machines[slot] ??= {
      agedAt: this.observedSeconds,
      seconds: 0,
      requests: new Float64Array(this.shape.classCount),
      readings: new Float64Array(this.shape.rankLimit),
      counts: new Float64Array(this.shape.rankLimit),
    });
    const elapsed = this.observedSeconds - machine.agedAt;
    if (elapsed === 0) return machine;
    const part = 2 ** (-elapsed / HALF_LIFE_SECONDS);
    machine.agedAt = this.observedSeconds;
    machine.seconds = (machine.seconds + elapsed) * part;
    for (const sums of [machine.requests, machine.readings, machine.counts]) {
      for (let at = 0; at < sums.length; at++) sums[at] *= part;
    }
    return machine;
  }
}
