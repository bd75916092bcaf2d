// The discrete-event simulation: Poisson arrivals, the real policies, and stations that serve the work.
import { FleetSnapshot, type Random, type Reservation } from '@fairlead/scheduling';
import { Balancer, type PolicyFactory } from './balancer.js';
import { ClassDice, exponential, logNormal, stream } from './chance.js';
import { DeclaredDemand, type DemandModel, type DemandModelFactory, type Ticket } from './demand-model.js';
import { EventQueue } from './event-queue.js';
import type { Fleet, RequestClass } from './fleets.js';
import { createStation, type Discipline, type Station } from './stations.js';

/** Everything that determines a run: two runs of the same scenario give the same result. */
export interface Scenario {
  readonly fleet: Fleet;
  /** True capacities of the backends, units per second; the balancer sees those that the fleet declares. */
  readonly trueCapacities: readonly (readonly number[])[];
  /** Requests per second. */
  readonly rate: number;
  readonly requests: number;
  /** Requests before `requests`, at their own rate. None of them is measured. */
  readonly opening?: { readonly requests: number; readonly rate: number };
  /** Requests that arrive before anything is measured, as a fraction of `requests`. */
  readonly warmUp: number;
  readonly seed: number;
  readonly discipline: Discipline;
  /** In series a request visits one resource after the other; in parallel all at once, and ends with the last. */
  readonly layout: 'series' | 'parallel';
  /** σ of the log-normal factor of mean 1 between the demand of a class and the work of a request, per resource. */
  readonly noiseSigma: number;
  /** Traffic of the second half of the requests; absent: no change. */
  readonly laterClasses?: readonly RequestClass[];
  /** True capacities during the second half of the requests; absent: no change. */
  readonly laterCapacities?: readonly (readonly number[])[];
  /** Balancers that share the traffic at random. */
  readonly balancers: number;
  /** How often the balancers exchange their in-flight load; infinite means never. */
  readonly hearSeconds: number;
  /** Whether each response says what is in flight on its backend, of all balancers. */
  readonly reportsLoad?: boolean;
  readonly createPolicy: PolicyFactory;
  readonly createDemandModel?: DemandModelFactory;
  /** Whether each balancer has a demand model of its own. */
  readonly ownModels?: boolean;
  /** Whether the last balancer starts halfway, with what the first has learned. */
  readonly lastStartsHalfway?: boolean;
  /** Whether backends report the cost of each request. */
  readonly reportsCost?: boolean;
  /** Whether the run ends at the last arrival instead of the last departure. */
  readonly endsWithLastArrival?: boolean;
}

/** The measurements of a run. */
export interface Outcome {
  /** Latencies of the requests that arrived after the warm-up and departed, seconds, ascending. */
  readonly latencySeconds: Float64Array;
  /** The same in the order of arrival, from the first request after the warm-up; NaN: never departed. */
  readonly latencyByArrival: Float64Array;
  /** The balancer of each of them. */
  readonly balancerByArrival: Uint8Array;
  /** Mean number of requests in the system that arrivals found, in each quarter of the requests after the opening. */
  readonly backlogByQuarter: readonly number[];
  /** Requests in the system at the arrivals one half and one whole through the run. */
  readonly inSystemHalfway: number;
  readonly inSystemAtEnd: number;
  /** Requests that no backend could serve. */
  readonly refused: number;
}

const PURPOSE = { arrivals: 0, classes: 1, noise: 2, policy: 3, balancer: 4, affinity: 5 };

/** Runs a scenario, starting with an idle fleet. */
export function simulate(scenario: Scenario): Outcome {
  return new Simulation(scenario).run();
}

class Simulation {
  private now = 0;
  private readonly resourceCount: number;
  private readonly stations: Station[];
  private readonly departures: EventQueue;
  private readonly balancers: Balancer[];
  /** By balancer. */
  private readonly models: DemandModel[];
  /** Balancers that get requests. */
  private running: number;
  private readonly isSeries: boolean;
  /** Of the measured requests, in the order of arrival. */
  private readonly latencies: number[] = [];
  private readonly servedBy: number[] = [];
  private inSystem = 0;
  private refused = 0;
  private classes: readonly RequestClass[];
  private readonly noise: Random;
  private readonly affinities: Random;
  private readonly spread: Random;

  // Jobs in the system, by job number; numbers are reused.
  private readonly idle: number[] = [];
  private readonly reservations: Reservation[] = [];
  private readonly arrivedAt: number[] = [];
  private readonly balancerOf: number[] = [];
  private readonly activeAtDispatch: number[] = [];
  private readonly tickets: (Ticket | undefined)[] = [];
  /** The place of a job among the measured requests; -1: it is not measured. */
  private readonly measuredAs: number[] = [];
  /** In series the resource being visited, in parallel the resources still busy. */
  private readonly stage: number[] = [];
  private readonly works: number[] = [];

  constructor(private readonly scenario: Scenario) {
    const { fleet, trueCapacities, discipline, seed } = scenario;
    this.noise = stream(seed, PURPOSE.noise);
    this.affinities = stream(seed, PURPOSE.affinity);
    this.spread = stream(seed, PURPOSE.balancer);
    this.resourceCount = fleet.capacities[0].length;
    this.stations = trueCapacities.flatMap((capacity) => capacity.map((units) => createStation(discipline, units)));
    this.departures = new EventQueue(this.stations.length);
    this.classes = fleet.classes;
    this.isSeries = scenario.layout === 'series';
    const snapshot = new FleetSnapshot(
      this.resourceCount,
      fleet.capacities.map((capacity, slot) => ({ slot, capacity })),
    );
    const createModel = () =>
      scenario.createDemandModel?.(snapshot, fleet.classes) ?? new DeclaredDemand(fleet.classes);
    const shared = createModel();
    this.models = Array.from({ length: scenario.balancers }, (_, b) =>
      b > 0 && scenario.ownModels === true ? createModel() : shared,
    );
    this.running = scenario.balancers - (scenario.lastStartsHalfway === true ? 1 : 0);
    this.balancers = this.models.map((model, b) => {
      const random = stream(seed, PURPOSE.policy + 16 * (b + 1));
      return new Balancer(scenario.createPolicy, snapshot, { random, clock: () => this.now }, model);
    });
  }

  run(): Outcome {
    const { requests, rate, seed, hearSeconds, opening = { requests: 0, rate } } = this.scenario;
    const arrivals = stream(seed, PURPOSE.arrivals);
    const classStream = stream(seed, PURPOSE.classes);
    const halfway = opening.requests + (requests >> 1);
    const measuredFrom = opening.requests + Math.floor(requests * this.scenario.warmUp);
    let dice = new ClassDice(this.classes);
    const backlogByQuarter = [0, 0, 0, 0];
    let inSystemHalfway = 0;
    let nextHearing = this.balancers.length > 1 ? hearSeconds : Infinity;

    for (let request = 0; request < opening.requests + requests; request++) {
      const arrival = this.now + exponential(arrivals) / (request < opening.requests ? opening.rate : rate);
      while (nextHearing < arrival) {
        this.serveUntil(nextHearing);
        for (const balancer of this.balancers) balancer.hear(this.balancers);
        nextHearing += hearSeconds;
      }
      this.serveUntil(arrival);
      if (request === halfway) {
        inSystemHalfway = this.inSystem;
        dice = this.turnHalfway(dice);
      }
      if (request >= opening.requests) {
        const quarter = Math.floor((4 * (request - opening.requests)) / requests);
        backlogByQuarter[quarter] += this.inSystem / (requests / 4);
      }
      this.arrive(dice.draw(classStream), request >= measuredFrom);
    }
    const inSystemAtEnd = this.inSystem;
    if (this.scenario.endsWithLastArrival !== true) this.serveUntil(Infinity);
    const latencyByArrival = Float64Array.from(this.latencies);
    const latencySeconds = latencyByArrival.filter((seconds) => !Number.isNaN(seconds)).sort();
    return {
      latencySeconds,
      latencyByArrival,
      balancerByArrival: Uint8Array.from(this.servedBy),
      backlogByQuarter,
      inSystemHalfway,
      inSystemAtEnd,
      refused: this.refused,
    };
  }

  private turnHalfway(dice: ClassDice): ClassDice {
    const { laterClasses, laterCapacities } = this.scenario;
    if (this.running < this.balancers.length) this.models[this.running++].startWith?.(this.models[0]);
    for (const model of this.models) model.changed?.(laterClasses, laterCapacities);
    laterCapacities?.flat().forEach((units, station) => {
      this.stations[station].setCapacity(this.now, units);
      this.departures.schedule(station, this.stations[station].nextDeparture());
    });
    if (laterClasses === undefined) return dice;
    this.classes = laterClasses;
    return new ClassDice(laterClasses);
  }

  private serveUntil(time: number): void {
    const { departures } = this;
    while (departures.firstTime <= time && departures.firstTime < Infinity) {
      this.now = departures.firstTime;
      this.departFrom(departures.first);
    }
    if (time < Infinity) this.now = time;
  }

  private arrive(requestClass: number, isMeasured: boolean): void {
    const { balancers, resourceCount, scenario } = this;
    const b = balancers.length === 1 ? 0 : Math.floor(this.spread() * this.running);
    const model = this.models[b];
    const demand = model.estimate(requestClass);
    const backend = balancers[b].place(demand, Math.floor(this.affinities() * 2 ** 32));
    const job = this.idle.pop() ?? this.arrivedAt.length;
    const truth = this.classes[requestClass].demand;
    for (let r = 0; r < resourceCount; r++) {
      this.works[job * resourceCount + r] = truth[r] * logNormal(this.noise, scenario.noiseSigma);
    }
    this.arrivedAt[job] = this.now;
    if (backend === -1) {
      this.refused++;
      this.idle.push(job);
      return;
    }
    this.balancerOf[job] = b;
    const others = balancers[b].table.active(backend);
    this.activeAtDispatch[job] = others;
    this.tickets[job] = model.dispatched({ requestClass, slot: backend, others, atSeconds: this.now });
    this.measuredAs[job] = isMeasured ? this.latencies.push(NaN) - 1 : -1;
    if (isMeasured) this.servedBy.push(b);
    this.reservations[job] = balancers[b].reserve(backend, demand);
    this.inSystem++;
    this.begin(job, backend);
  }

  private begin(job: number, backend: number): void {
    const { resourceCount } = this;
    if (this.isSeries) {
      this.stage[job] = 0;
      this.enter(job, backend * resourceCount);
      return;
    }
    this.stage[job] = resourceCount;
    for (let r = 0; r < resourceCount; r++) this.enter(job, backend * resourceCount + r);
  }

  private enter(job: number, station: number): void {
    const r = station % this.resourceCount;
    this.stations[station].add(this.now, job, this.works[job * this.resourceCount + r]);
    this.departures.schedule(station, this.stations[station].nextDeparture());
  }

  private departFrom(station: number): void {
    const job = this.stations[station].depart(this.now);
    this.departures.schedule(station, this.stations[station].nextDeparture());
    if (!this.isSeries) {
      if (--this.stage[job] === 0) this.end(job);
    } else if (++this.stage[job] < this.resourceCount) {
      this.enter(job, station + 1);
    } else {
      this.end(job);
    }
  }

  private end(job: number): void {
    const reservation = this.reservations[job];
    const { slot } = reservation;
    const activeAtDispatch = this.activeAtDispatch[job];
    const latencySeconds = this.now - this.arrivedAt[job];
    reservation.release();
    const balancer = this.balancers[this.balancerOf[job]];
    const { policy, table } = balancer;
    if (this.scenario.reportsLoad === true) balancer.hearOf(slot, this.balancers);
    policy.observe?.(slot, latencySeconds, activeAtDispatch);
    this.models[this.balancerOf[job]].completed(this.tickets[job], {
      others: table.active(slot),
      atSeconds: this.now,
      ...(this.scenario.reportsCost === true && { reportedUnits: this.worksOf(job) }),
    });
    if (this.measuredAs[job] !== -1) this.latencies[this.measuredAs[job]] = latencySeconds;
    this.inSystem--;
    this.idle.push(job);
  }

  private worksOf(job: number): number[] {
    return this.works.slice(job * this.resourceCount, (job + 1) * this.resourceCount);
  }
}
