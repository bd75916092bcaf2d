// Learns what classes of requests need and how fast machines are, from latency alone.
import type { Random } from '../clock-and-random.js';
import { Adoption, isAdoptable, type SharedTable } from './adoption.js';
import { alignOrder, alignScale } from './alignment.js';
import { ChangesDuringFit } from './changes-during-fit.js';
import { explorationAfter } from './exploration.js';
import { FitSchedule } from './fit-schedule.js';
import { LatentFactors, type LatentShape } from './latent-factors.js';
import { LatentFit, type FitContext } from './latent-fit.js';
import { modelName, tableOf, type LatentTable } from './latent-table.js';
import { ModelChoice } from './model-choice.js';
import { NeighbourMeter, type Stay } from './neighbour-meter.js';
import { Priors } from './priors.js';
import { SampleStore } from './sample-store.js';
import { Sampling } from './sampling.js';
import { UtilizationWitness } from './utilization-witness.js';

/** Samples kept: ten seconds of a busy fleet. */
const SAMPLES = 4096;
/**
 * The fits to the first samples also start from random factors, because the data are still too few to lead out of a bad
 * start, and fits to few data are cheap.
 */
const SAMPLES_WITH_RESTARTS = 300;
const RESTARTS = 3;
const STEPS_OF_RESTARTS = 60;
const STEPS_OF_FIT = 20;

/** The index of the model in which all requests are alike, and so are all machines that declare nothing. */
const RANK_WITHOUT_MODEL = 0;

/**
 * Record each start and end of a request; call {@link step} regularly, and use {@link table} when it returns that there is
 * a new one. Times are seconds on one monotonic clock that never decreases. A start or an end is O(classes).
 */
export class LatentLearner {
  /** What is believed now. */
  table: LatentTable;
  private readonly meter: NeighbourMeter;
  private readonly samples = new SampleStore(SAMPLES);
  private readonly priors: Priors;
  private readonly witness: UtilizationWitness;
  /** The models to choose from: 0 without a model, r > 0 with r latent resources. */
  private models: LatentFactors[];
  private readonly choice: ModelChoice;
  private readonly sampling: Sampling;
  private readonly schedule = new FitSchedule();
  /** Number of fits, by rank and of all. */
  private readonly fitsOf: number[];
  private fits = 0;
  private adoption: Adoption | undefined;
  private job: Generator<void, void> | undefined;
  /** Since {@link job} began. */
  private changes = new ChangesDuringFit();
  /** Whether {@link table} has to be replaced before the next fit. */
  private isOutdated = false;

  constructor(
    readonly shape: LatentShape,
    private readonly random: Random,
  ) {
    this.meter = new NeighbourMeter(shape.classCount);
    this.priors = new Priors(shape);
    this.witness = new UtilizationWitness(shape);
    this.models = Array.from({ length: shape.rankLimit + 1 }, (_, rank) => this.unfitted(Math.max(1, rank)));
    this.fitsOf = this.models.map(() => 0);
    this.choice = new ModelChoice(this.models.length, shape.rankLimit);
    this.sampling = new Sampling(shape.classCount);
    this.table = this.publish();
  }

  /** Records that a request was sent to a machine. Returns what {@link end} needs; undefined: it is no sample. */
  start(classId: number, slot: number, atSeconds: number): Stay | undefined {
    if (!this.sampling.take(classId, atSeconds)) {
      this.meter.start(classId, slot, atSeconds);
      return undefined;
    }
    const stay = this.meter.startSample(classId, slot, atSeconds);
    const replaced = this.sampling.add(stay);
    if (replaced) this.meter.giveUp(replaced);
    return stay;
  }

  /**
   * Records that a request has ended.
   *
   * @param isAnswered whether its latency shows anything: not that of a request that failed.
   */
  end(stay: Stay | undefined, classId: number, slot: number, atSeconds: number, isAnswered: boolean): void {
    this.witness.ended(classId, slot, atSeconds);
    if (!stay || !this.sampling.end(stay)) {
      this.meter.end(classId, slot, atSeconds);
      return;
    }
    if (isAnswered) this.meter.finish(stay, atSeconds, this.samples);
    else this.meter.drop(stay, atSeconds);
  }

  /** Sets the number of balancers that send requests to these machines, each with a learner of its own, this one included. */
  setBalancers(count: number): void {
    this.meter.balancers = Math.max(1, count);
  }

  /** Records what a machine declares, units per second by resource; undefined: nothing. */
  declareMachine(slot: number, capacity: ArrayLike<number> | undefined): void {
    this.priors.declareMachine(slot, capacity);
    if (this.fits === 0) this.startFromPriors();
    else for (const factors of this.models) this.priors.writeMachine(factors, slot);
    this.changes.declareMachine(slot);
    this.isOutdated = true;
  }

  /** Records what requests of a class declare or are reported to cost, units by resource; it weighs as much as `samples` samples. */
  declareDemand(classId: number, units: ArrayLike<number>, samples: number): void {
    this.priors.declareDemand(classId, units, samples);
    if (this.fits === 0) this.startFromPriors();
  }

  /** Records how busy a machine reports to be, 0 to 1, by resource; NaN: it does not say. */
  reportUtilization(slot: number, utilization: ArrayLike<number>): void {
    this.witness.report(slot, utilization);
  }

  /**
   * Adopts what others believe, in place of what was adopted before; own samples outweigh it as they arrive. Returns false,
   * and changes nothing, when the table has another shape, or too little in common with what is known.
   */
  adopt(table: SharedTable): boolean {
    if (!isAdoptable(table, this.shape)) return false;
    const { rank } = table;
    const isFirst = this.fits === 0;
    const known = this.choice.chosen === rank ? this.table : this.models[rank];
    const adoption = isFirst ? new Adoption(table) : Adoption.alignedTo(known, table);
    if (!adoption) return false;
    this.adoption = adoption;
    if (isFirst) {
      adoption.write(this.models[rank]);
      this.fitsOf[rank] = 1;
      this.choice.chosen = rank;
    }
    this.table = this.publish();
    return true;
  }

  /** Forgets a class whose number will be reused. */
  forgetClass(classId: number): void {
    this.samples.forgetClass(classId);
    this.priors.forgetClass(classId);
    this.witness.forgetClass(classId);
    this.adoption?.forgetClass(classId);
    for (const factors of this.models) factors.forgetClass(classId);
    this.changes.forgetClass(classId);
    this.sampling.forgetClass(classId);
    this.isOutdated = true;
  }

  /** Forgets a machine whose slot will be reused. */
  forgetSlot(slot: number): void {
    this.samples.forgetSlot(slot);
    this.meter.forgetSlot(slot);
    this.priors.forgetSlot(slot);
    this.witness.forgetSlot(slot);
    this.adoption?.forgetSlot(slot);
    for (const factors of this.models) factors.forgetSlot(slot);
    this.changes.forgetSlot(slot);
    this.isOutdated = true;
  }

  /** Forgets what is in flight, after starts or ends were missed. */
  forgetFlights(): void {
    this.meter.forgetAll();
    this.sampling.forgetFlights();
    this.witness.interrupt();
  }

  /**
   * Works on the next fit, when it is time for one, until `isTimeUp` says so.
   *
   * @param atSeconds now.
   * @returns whether {@link table} is a new one.
   */
  step(atSeconds: number, isTimeUp: () => boolean = () => false): boolean {
    const { total, capacity } = this.samples;
    if (!this.job && this.schedule.isDue(total, total >= capacity, atSeconds)) {
      this.schedule.begin(total, atSeconds);
      this.job = this.fit();
      this.changes = new ChangesDuringFit();
    }
    if (!this.job && this.isOutdated) {
      this.table = this.publish();
      return true;
    }
    while (this.job) {
      if (this.job.next().done === true) {
        this.job = undefined;
        this.changes.applyTo(this.models, this.priors);
        this.table = this.publish();
        return true;
      }
      if (isTimeUp()) return false;
    }
    return false;
  }

  /** Yields after each step. */
  private *fit(): Generator<void, void> {
    const seen = { samples: this.samples, order: this.meter.order };
    yield* this.choice.judge(this.fits > 0 ? this.models : [], seen);
    this.models[RANK_WITHOUT_MODEL].setSameWork(this.samples);
    // With one class, or one machine, there is nothing that another start could tell apart.
    const restarts = this.models[RANK_WITHOUT_MODEL].isPlural ? RESTARTS : 1;
    for (let rank = 1; rank < this.models.length; rank++) {
      if (!this.isFitted(rank)) continue;
      const former = this.models[rank];
      const utilization = this.priors.isAnchored ? this.witness.beliefs(former) : undefined;
      const context = { ...seen, ...this.beliefsAt(rank), utilization };
      const starts = this.fitsOf[rank] === 0 ? [] : [former.copy()];
      if (this.isRestarted(rank)) for (let i = 0; i < restarts; i++) starts.push(this.randomStart(rank, i));
      const steps = starts.length > 1 ? STEPS_OF_RESTARTS : STEPS_OF_FIT;
      for (const factors of starts) {
        const fit = new LatentFit(factors, context);
        for (let step = 0; step < steps; step++) {
          fit.step();
          yield;
        }
        fit.finish();
      }
      const best = starts.reduce((a, b) => (b.loss < a.loss ? b : a));
      if (this.fitsOf[rank]++ > 0) alignOrder(best, former);
      alignScale(best, this.priors.usualSlowness);
      this.models[rank] = best;
      this.models[RANK_WITHOUT_MODEL].takeSampleCounts(best);
      yield;
    }
    this.fits++;
  }

  /** Whether this fit includes a rank: always the one in use and, once the first fits are made, one of the others in turn. */
  private isFitted(rank: number): boolean {
    if (this.isRestarted(rank) || rank === this.choice.chosen) return true;
    const others = [...this.models.keys()].filter((other) => other > 0 && other !== this.choice.chosen);
    return rank === others[this.fits % others.length];
  }

  private isRestarted(rank: number): boolean {
    if (this.adoption?.rank === rank) return false;
    return this.fitsOf[rank] === 0 || this.samples.total <= SAMPLES_WITH_RESTARTS;
  }

  /** What is believed besides the samples: what was declared and, with a table of this rank, what was adopted. */
  private beliefsAt(rank: number): Pick<FitContext, 'demandPrior' | 'slownessPrior'> {
    const declared = this.priors.beliefsAt(rank);
    return this.adoption?.rank === rank ? this.adoption.beliefsFor(this.models[rank], declared) : declared;
  }

  private unfitted(rank: number): LatentFactors {
    const factors = new LatentFactors(this.shape, rank);
    this.priors.write(factors);
    return factors;
  }

  private startFromPriors(): void {
    this.models = this.models.map(({ rank }) => this.unfitted(rank));
    this.adoption?.write(this.models[this.adoption.rank]);
    this.isOutdated = true;
  }

  /** Factors of the right size with a random shape; where machines declare something, the first start has the declared one. */
  private randomStart(rank: number, start: number): LatentFactors {
    const factors = this.unfitted(rank);
    factors.setMeanWork(this.samples);
    if (start > 0 || !this.priors.isAnyMachineDeclared) factors.scatter(this.random);
    return factors;
  }

  private publish(): LatentTable {
    this.isOutdated = false;
    const { chosen } = this.choice;
    const table = tableOf(this.models[chosen], {
      version: (this.table?.version ?? 0) + 1,
      model: modelName(chosen),
      loss: this.choice.loss(chosen),
      formerLoss: this.choice.formerLoss,
      exploration: 0,
    });
    if (this.adoption?.rank === chosen) this.adoption.addTo(table, this.models[chosen]);
    return { ...table, exploration: explorationAfter(table.slotSamples) };
  }
}
