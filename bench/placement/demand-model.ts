// What a simulated balancer assumes a request needs: declared, or learned from observations.
import {
  DemandLearner,
  Exploration,
  FleetSnapshot,
  LatentLearner,
  type LearningTicket,
  type Random,
  type ResourceVector,
  type Stay,
} from '@fairlead/scheduling';
import type { RequestClass } from './fleets.js';

/** Latent resources of the model at most: as many as a balancer has. */
const RANK_LIMIT = 3;

/** The start of an exchange. */
export interface Dispatch {
  readonly requestClass: number;
  readonly slot: number;
  /** Other exchanges that the balancer has in flight on the backend. */
  readonly others: number;
  readonly atSeconds: number;
}

/** The end of an exchange. */
export interface Completion {
  readonly others: number;
  readonly atSeconds: number;
  /** Cost of the request as reported by the backend, units; absent unless backends report. */
  readonly reportedUnits?: ArrayLike<number>;
}

/** What a model has to know again at the end of an exchange. */
export type Ticket = LearningTicket | LatentTicket;

/** The same for {@link LatentDemand}. */
interface LatentTicket {
  readonly stay: Stay | undefined;
  readonly classId: number;
  readonly slot: number;
}

/** Estimates the demand of each class. A returned vector is valid until the next call. */
export interface DemandModel {
  estimate(requestClass: number): ResourceVector;
  /** Returns the ticket to pass to {@link completed}, if any. */
  dispatched(dispatch: Dispatch): Ticket | undefined;
  completed(ticket: Ticket | undefined, completion: Completion): void;
  /** The speed of a backend as a multiple of its declared speed. Absent when speeds are not learned. */
  readonly speedOf?: (slot: number) => number;
  /** The fleet as it is believed to be. Absent: as declared. */
  readonly fleet?: FleetSnapshot;
  /** Which requests go where knowledge is thin. Absent: none. */
  readonly exploration?: Exploration;
  /** The traffic or the capacities have changed: for a model that knows the truth at any time. Absent: nothing did. */
  changed?(classes?: readonly RequestClass[], capacities?: readonly (readonly number[])[]): void;
  /** Starts with what the model of another balancer has learned. */
  startWith?(other: DemandModel): void;
}

/** Creates the model of a balancer for the declared fleet. */
export type DemandModelFactory = (fleet: FleetSnapshot, classes: readonly RequestClass[]) => DemandModel;

/** Every request declares the mean demand of its class. */
export class DeclaredDemand implements DemandModel {
  protected vectors: readonly ResourceVector[];

  constructor(classes: readonly RequestClass[]) {
    this.vectors = vectorsOf(classes);
  }

  estimate(requestClass: number): ResourceVector {
    return this.vectors[requestClass];
  }

  dispatched(): undefined {}

  completed(): void {}
}

/** Requests and machines declare the truth, also after a change. */
export class TrueDemand extends DeclaredDemand {
  constructor(
    public fleet: FleetSnapshot,
    classes: readonly RequestClass[],
  ) {
    super(classes);
  }

  changed(classes?: readonly RequestClass[], capacities?: readonly (readonly number[])[]): void {
    if (classes !== undefined) this.vectors = vectorsOf(classes);
    if (capacities === undefined) return;
    this.fleet = new FleetSnapshot(
      this.fleet.resourceCount,
      capacities.map((capacity, slot) => ({ slot, capacity })),
    );
  }
}

/** No request declares its demand: the library's learner estimates it, and is given only the class of each request. */
export class LearnedDemand implements DemandModel {
  private readonly learner: DemandLearner;
  private readonly vector: ResourceVector;

  constructor(fleet: FleetSnapshot) {
    const { resourceCount, size } = fleet;
    this.learner = new DemandLearner({ resourceCount, slotCount: size });
    this.learner.useFleet(fleet);
    this.vector = new Float64Array(resourceCount);
  }

  estimate(requestClass: number): ResourceVector {
    this.learner.estimate(requestClass, this.vector);
    return this.vector;
  }

  dispatched({ requestClass, slot, others, atSeconds }: Dispatch): LearningTicket {
    return this.learner.dispatched(requestClass, slot, others, atSeconds);
  }

  completed(ticket: Ticket | undefined, { others, atSeconds, reportedUnits }: Completion): void {
    if (ticket === undefined || !('sojourn' in ticket)) return;
    if (reportedUnits !== undefined) this.learner.reported(ticket.classId, reportedUnits, atSeconds);
    this.learner.completed(ticket, others, atSeconds);
  }

  readonly speedOf = (slot: number): number => this.learner.speed(slot);
}

/** Neither requests nor machines are known: the library's latent model learns both from latency. */
export class LatentDemand implements DemandModel {
  /** The fleet as it is believed to be: of latent resources. */
  fleet: FleetSnapshot;
  readonly exploration: Exploration;
  private readonly learner: LatentLearner;
  private readonly vector: ResourceVector;

  /**
   * @param setup what each machine declares, units per second by resource, undefined: nothing; and how many balancers learn
   * by themselves.
   */
  constructor(
    private readonly machines: number,
    classCount: number,
    random: Random,
    {
      declarations = [],
      balancers = 1,
    }: { declarations?: readonly (readonly number[] | undefined)[]; balancers?: number } = {},
  ) {
    this.learner = new LatentLearner({ classCount, slotCount: machines, rankLimit: RANK_LIMIT }, random);
    this.learner.setBalancers(balancers);
    declarations.forEach((capacity, slot) => this.learner.declareMachine(slot, capacity));
    this.exploration = new Exploration(random);
    this.vector = new Float64Array(RANK_LIMIT);
    this.fleet = this.useTable();
  }

  estimate(requestClass: number): ResourceVector {
    const { demand, rank } = this.learner.table;
    for (let r = 0; r < rank; r++) this.vector[r] = demand[requestClass * RANK_LIMIT + r];
    return this.vector.fill(0, rank);
  }

  dispatched({ requestClass, slot, atSeconds }: Dispatch): LatentTicket {
    return { stay: this.learner.start(requestClass, slot, atSeconds), classId: requestClass, slot };
  }

  completed(ticket: Ticket | undefined, { atSeconds }: Completion): void {
    if (ticket === undefined || 'sojourn' in ticket) return;
    this.learner.end(ticket.stay, ticket.classId, ticket.slot, atSeconds, true);
    if (this.learner.step(atSeconds)) this.fleet = this.useTable();
  }

  startWith(other: DemandModel): void {
    if (other instanceof LatentDemand && this.learner.adopt(other.table)) this.fleet = this.useTable();
  }

  /** Which model is in use, and how well it predicts. */
  get table(): LatentLearner['table'] {
    return this.learner.table;
  }

  private useTable(): FleetSnapshot {
    const { slowness, rank } = this.learner.table;
    this.exploration.useTable(this.learner.table);
    const members = Array.from({ length: this.machines }, (_, slot) => {
      const used = Array.from(slowness.subarray(slot * RANK_LIMIT, slot * RANK_LIMIT + rank), (seconds) => 1 / seconds);
      // No request needs the other resources; of this capacity they do not change the machine's size.
      const usual = Math.exp(used.reduce((sum, units) => sum + Math.log(units), 0) / rank);
      return { slot, capacity: Array.from({ length: RANK_LIMIT }, (__, r) => (r < rank ? used[r] : usual)) };
    });
    return new FleetSnapshot(RANK_LIMIT, members);
  }
}

function vectorsOf(classes: readonly RequestClass[]): ResourceVector[] {
  return classes.map(({ demand }) => Float64Array.from(demand));
}
