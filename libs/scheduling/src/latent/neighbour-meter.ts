// Measures how long requests stay on a machine, and which others are there with them, from their starts and ends alone.
import type { SampleStore } from './sample-store.js';

/** Responses over which the order of service is averaged. */
const ORDER_MEMORY = 200;
/** With fewer others ahead, requests leave in order by chance too often to say anything. */
const MIN_AHEAD_FOR_ORDER = 3;
/** Seconds. A shorter stay means that the clock has not advanced; it is no sample. */
const MIN_SECONDS = 1e-9;

/** The state of one machine. Times in seconds. */
interface Station {
  updatedAt: number;
  /** Requests in flight. */
  active: number;
  /** Requests that have left. */
  departures: number;
  /** ∫ dt / n over the time with n > 0 requests: the service of one that was there all along, if all share equally. */
  fairShare: number;
  /** Requests in flight, by class. */
  readonly counts: Uint32Array;
  /** ∫ count dt, by class. */
  readonly presence: Float64Array;
  /** The classes with requests in flight. */
  readonly present: number[];
}

/** The requests on a machine when a measured one started. Reused for another one after that. */
interface Company {
  /** Requests in flight, by class. */
  readonly counts: Float64Array;
  /** ∫ count dt until then, by class. */
  readonly presence: Float64Array;
}

/** A request in flight that becomes a sample when it ends. Times in seconds. */
export interface Stay {
  readonly classId: number;
  readonly slot: number;
  readonly startedAt: number;
  /** The state of the station when the request started. */
  readonly fairShare: number;
  readonly departures: number;
  readonly others: number;
  readonly company: Company;
}

/**
 * Follows which classes are on which machine. Starting to measure a request and ending it is O(classes); every other
 * start and end is O(classes present). Times are seconds on one monotonic clock, and never decrease.
 */
export class NeighbourMeter {
  /**
   * How many balancers send requests to these machines. Requests of the others are not seen; each of them is assumed to have
   * as many on a machine as this one, because the traffic is spread at random.
   */
  balancers = 1;
  private stations: (Station | undefined)[] = [];
  private readonly spare: Company[] = [];
  private readonly beside: Float64Array;
  private orderScore = 0;

  constructor(private readonly classCount: number) {
    this.beside = new Float64Array(classCount);
  }

  /** Records that a request was sent to a machine. */
  start(classId: number, slot: number, atSeconds: number): void {
    const station = this.advance(slot, atSeconds);
    if (station.counts[classId]++ === 0) station.present.push(classId);
    station.active++;
  }

  /** Records the same of a request that is to become a sample. Pass what it returns to {@link finish} or {@link drop}, or to {@link giveUp}. */
  startSample(classId: number, slot: number, atSeconds: number): Stay {
    const station = this.advance(slot, atSeconds);
    const company = this.spare.pop() ?? this.newCompany();
    company.counts.set(station.counts);
    company.presence.set(station.presence);
    const { fairShare, departures, active: others } = station;
    this.start(classId, slot, atSeconds);
    return { classId, slot, startedAt: atSeconds, fairShare, departures, others, company };
  }

  /** Records that a request has left. One whose start is unknown is ignored. */
  end(classId: number, slot: number, atSeconds: number): void {
    const station = this.advance(slot, atSeconds);
    if (station.counts[classId] === 0) return;
    station.active--;
    station.departures++;
    if (--station.counts[classId] > 0) return;
    station.present[station.present.indexOf(classId)] = station.present.at(-1)!;
    station.present.pop();
  }

  /** Records that a measured request was answered, and adds it to `samples`. */
  finish(stay: Stay, atSeconds: number, samples: SampleStore): void {
    const { classId, slot, company } = stay;
    const station = this.advance(slot, atSeconds);
    const seconds = atSeconds - stay.startedAt;
    if (seconds >= MIN_SECONDS) {
      if (stay.others >= MIN_AHEAD_FOR_ORDER) this.observeOrder(station.departures - stay.departures === stay.others);
      let others = 0;
      for (let k = 0; k < this.classCount; k++) {
        const own = k === classId ? 1 : 0;
        this.beside[k] = this.balancers * Math.max(0, (station.presence[k] - company.presence[k]) / seconds - own);
        company.counts[k] *= this.balancers;
        others += this.beside[k];
      }
      // What the latency would have been with the same company throughout: the mean of 1/n is not 1 over the mean of n.
      // It needs the whole company at each moment, which one of several balancers does not know.
      const steadySeconds = this.balancers > 1 ? seconds : (station.fairShare - stay.fairShare) * (1 + others);
      samples.add({ classId, slot, seconds, steadySeconds, beside: this.beside, ahead: company.counts, atSeconds });
    }
    this.drop(stay, atSeconds);
  }

  /** Records that a measured request ended without an answer that shows anything. */
  drop(stay: Stay, atSeconds: number): void {
    this.end(stay.classId, stay.slot, atSeconds);
    this.giveUp(stay);
  }

  /** A measured request becomes no sample. Its end is to be recorded like that of any other, by {@link end}. */
  giveUp({ company }: Stay): void {
    this.spare.push(company);
  }

  /**
   * How strictly requests leave a machine in the order in which they came: 1 always; 0 as processor sharing does. When
   * all requests are equal the two look the same, and predict the same.
   */
  get order(): number {
    return Math.max(0, 2 * this.orderScore - 1) ** 2;
  }

  /** Forgets a machine whose slot will be reused. */
  forgetSlot(slot: number): void {
    this.stations[slot] = undefined;
  }

  /** Forgets all that is in flight, after starts or ends were missed. */
  forgetAll(): void {
    this.stations = [];
  }

  private newCompany(): Company {
    return { counts: new Float64Array(this.classCount), presence: new Float64Array(this.classCount) };
  }

  private observeOrder(isInOrder: boolean): void {
    this.orderScore += ((isInOrder ? 1 : 0) - this.orderScore) / ORDER_MEMORY;
  }

  private advance(slot: number, atSeconds: number): Station {
    const station = (this.stations[slot] ??= {
      updatedAt: atSeconds,
      active: 0,
      departures: 0,
      fairShare: 0,
      counts: new Uint32Array(this.classCount),
      presence: new Float64Array(this.classCount),
      present: [],
    });
    const elapsed = atSeconds - station.updatedAt;
    if (elapsed > 0) {
      for (const k of station.present) station.presence[k] += station.counts[k] * elapsed;
      if (station.active > 0) station.fairShare += elapsed / station.active;
      station.updatedAt = atSeconds;
    }
    return station;
  }
}
