// What is believed of classes and machines before any sample: what they declare or report, or else that they are all alike.
import { MAX_RANK_LIMIT, type LatentFactors, type LatentShape } from './latent-factors.js';
import type { Prior } from './multiplicative-update.js';

/** Weight of what a machine declares, in samples of it. */
const DECLARED_MACHINE_SAMPLES = 5;
/** Largest weight of what a class declares or reports, in samples of it. */
const MAX_DEMAND_SAMPLES = 50;
/** Seconds per unit of a machine where no machine declares anything: a unit is then a second of the usual machine. */
const USUAL_SLOWNESS = 1;
/** The demand of a class, before any sample, for a latent resource that no machine declares; 1 for the declared ones. */
const UNDECLARED_DEMAND = 0.02;
/**
 * What a cost of zero counts as, as a part of the mean cost of the other resources: so small that even a machine without the
 * resource, see {@link MISSING_SLOWDOWN}, is hardly slower for it.
 */
const NONE_SHARE = 0.001;
/** A machine that declares zero of a resource is believed to be this many times slower at it than the usual one. */
const MISSING_SLOWDOWN = 100;

/** Declared amounts are believed within these bounds, units or units per second. */
const MIN_AMOUNT = 1e-9;
const MAX_AMOUNT = 1e12;

/**
 * Declared resource r is the prior of latent resource r. Where machines declare capacities c, D has the units of c, and
 * G = 1 / c.
 */
export class Priors {
  /** The logarithm of the mean slowness of machines, by latent resource: the scale that fits are brought to. */
  readonly usualSlowness = new Float64Array(MAX_RANK_LIMIT);
  private readonly slowness: Writable;
  private readonly demand: Writable;
  private readonly capacities = new Map<number, ArrayLike<number>>();

  constructor(private readonly shape: LatentShape) {
    this.slowness = new Writable(shape.slotCount, shape.rankLimit);
    this.demand = new Writable(shape.classCount, shape.rankLimit);
    this.usualSlowness.fill(Math.log(USUAL_SLOWNESS));
  }

  /** The priors of a fit with `rank` latent resources; none if these are fewer than are declared. */
  beliefsAt(rank: number): { readonly slownessPrior?: Prior; readonly demandPrior?: Prior } {
    if (rank < this.declaredResources()) return {};
    return { slownessPrior: this.slowness, demandPrior: this.demand };
  }

  /** Whether latent resources stand for declared ones: something is known in their units. */
  get isAnchored(): boolean {
    return this.isAnyMachineDeclared || this.demand.weights.some((weight) => weight > 0);
  }

  get isAnyMachineDeclared(): boolean {
    return this.capacities.size > 0;
  }

  /**
   * Records what a machine declares, units per second; undefined or all zero: nothing. An amount that is negative or not
   * finite says nothing about its resource.
   */
  declareMachine(slot: number, capacity: ArrayLike<number> | undefined): void {
    const amounts = Array.from(capacity ?? [], believable);
    if (amounts.some((units) => units > 0)) this.capacities.set(slot, amounts);
    else this.capacities.delete(slot);
    this.updateSlowness();
  }

  /**
   * Records a cost of a class, units. An amount that is negative or not finite says nothing about its resource; zero counts
   * as a small part of what the others cost.
   *
   * @param samples how many samples it weighs as much as; the limit is {@link MAX_DEMAND_SAMPLES}.
   */
  declareDemand(classId: number, units: ArrayLike<number>, samples: number): void {
    const { values, weights } = this.demand;
    const { rankLimit } = this.shape;
    const amounts = Array.from(units, believable).slice(0, rankLimit);
    const positive = amounts.filter((amount) => amount > 0);
    const least = (NONE_SHARE * positive.reduce((sum, amount) => sum + amount, 0)) / Math.max(1, positive.length);
    values.fill(0, classId * rankLimit, (classId + 1) * rankLimit);
    amounts.forEach((amount, r) => {
      if (amount >= 0) values[classId * rankLimit + r] = Math.max(least, amount);
    });
    weights[classId] = samples > 0 && least > 0 ? Math.min(MAX_DEMAND_SAMPLES, samples) : 0;
  }

  forgetClass(classId: number): void {
    this.demand.weights[classId] = 0;
  }

  forgetSlot(slot: number): void {
    this.declareMachine(slot, undefined);
  }

  /** Writes what is believed into factors without samples. */
  write({ demand, slowness, rank }: LatentFactors): void {
    const { rankLimit, classCount, slotCount } = this.shape;
    const declared = this.declaredResources();
    const isDeclared = rank >= declared;
    for (let k = 0; k < classCount; k++) {
      const first = k * rankLimit;
      for (let r = 0; r < rank; r++) {
        const isPrior = isDeclared && this.demand.weights[k] > 0 && this.demand.values[first + r] > 0;
        const usual = isDeclared && declared > 0 && r >= declared ? UNDECLARED_DEMAND : 1;
        demand[first + r] = isPrior ? this.demand.values[first + r] : usual;
      }
    }
    for (let s = 0; s < slotCount; s++) {
      for (let r = 0; r < rank; r++) {
        const value = this.slowness.values[s * rankLimit + r];
        slowness[s * rankLimit + r] = isDeclared && value > 0 ? value : Math.exp(this.usualSlowness[r]);
      }
    }
  }

  /** Makes a machine that has no samples differ from the usual one in fitted factors as what it declares does. */
  writeMachine(factors: LatentFactors, slot: number): void {
    if (factors.slotSamples[slot] === 0) factors.setUsual(slot, (r) => this.relativeSlowness(slot, r, factors));
  }

  /**
   * How slow a machine is at latent resource `r` by what it declares, as a multiple of the mean, in logarithms, of what those
   * with samples declare; 1: it cannot be compared.
   */
  private relativeSlowness(slot: number, r: number, { rank, slotSamples }: LatentFactors): number {
    const valueOf = (each: number) => this.slowness.values[each * this.shape.rankLimit + r];
    const logs = [...this.capacities.keys()]
      .filter((each) => slotSamples[each] > 0 && valueOf(each) > 0)
      .map((each) => Math.log(valueOf(each)));
    if (rank < this.declaredResources() || logs.length === 0 || valueOf(slot) === 0) return 1;
    return valueOf(slot) / Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
  }

  /** How many resources the machines declare, at most `rankLimit`. */
  private declaredResources(): number {
    const lengths = Array.from(this.capacities.values(), ({ length }) => length);
    return Math.min(this.shape.rankLimit, Math.max(0, ...lengths));
  }

  private updateSlowness(): void {
    const { values, weights } = this.slowness;
    const { rankLimit } = this.shape;
    values.fill(0);
    weights.fill(0);
    for (let r = 0; r < rankLimit; r++) {
      const logs = [...this.capacities.values()]
        .map((c) => c[r])
        .filter((units) => units > 0)
        .map((units) => -Math.log(units));
      const mean = logs.length > 0 ? logs.reduce((sum, log) => sum + log, 0) / logs.length : undefined;
      this.usualSlowness[r] = mean ?? this.fallbackSlowness(r);
      for (const [slot, capacity] of this.capacities) {
        weights[slot] = DECLARED_MACHINE_SAMPLES;
        if (!(capacity[r] >= 0)) continue;
        values[slot * rankLimit + r] =
          capacity[r] > 0 ? 1 / capacity[r] : MISSING_SLOWDOWN * Math.exp(this.usualSlowness[r]);
      }
    }
  }

  /** The scale of a resource that no machine declares: that of the first one, so that their units are of one size. */
  private fallbackSlowness(r: number): number {
    return r === 0 || this.capacities.size === 0 ? Math.log(USUAL_SLOWNESS) : this.usualSlowness[0];
  }
}

/** Returns a declared amount within the bounds; NaN for one that says nothing. */
function believable(amount: number): number {
  if (amount === 0) return 0;
  return amount > 0 && amount < Infinity ? Math.min(MAX_AMOUNT, Math.max(MIN_AMOUNT, amount)) : NaN;
}

class Writable implements Prior {
  readonly values: Float64Array;
  readonly weights: Float64Array;

  constructor(count: number, rankLimit: number) {
    this.values = new Float64Array(count * rankLimit);
    this.weights = new Float64Array(count);
  }
}
