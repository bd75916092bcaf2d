// Estimates how long a request was served, as opposed to how long it took: removes contention from latency.
//
// The balancer sees only when requests arrive at a backend and when they leave. While a request is alone, all of its
// time is service. For the rest, two laws hold for any backend. They need no estimate of demand, so a wrong estimate
// cannot confirm itself:
//
// - The busy time of a backend is divided among its requests, and the shares add up to it. Under processor sharing, a
//   request's share is ∫ dt / n(t), where n requests are in flight. Under first-come-first-served, it is the time since
//   the previous departure: Lindley's recursion. The order of departures shows which of the two applies.
// - While n requests are in flight on R resources that each uses one after the other, between 1 and min(n, R) resources
//   are busy. If the n are spread evenly, n·R / (R + n − 1) of them are (the asymptotic bounds and balanced-network
//   value of operational analysis: Zahorjan, Sevcik, Eager & Galler, "Balanced job bound analysis of queueing
//   networks", CACM 1982).
//
// Service is the product of the two, so it is within a factor of R of the true value under any load.

/** A request's sojourn on a backend, from dispatch to response. Reused for another request once it is over. */
export class Sojourn {
  /** The backend's row in the load table. */
  slot = -1;
  /** Time of dispatch, seconds. */
  startedAt = NaN;
  /** Number of other requests in flight on the backend at dispatch. */
  othersAtDispatch = 0;
  /** `presence` and `fairShare` of the backend at dispatch. */
  presenceAtDispatch = NaN;
  fairShareAtDispatch = NaN;
  /** Neighbours among the requests in flight, in order of dispatch. */
  older: Sojourn | undefined;
  newer: Sojourn | undefined;
  /** Whether it has ended, or has not started. */
  isOver = true;
}

/** The state of one backend. Times in seconds. */
interface Station {
  updatedAt: number;
  /** ∫ n dt. */
  presence: number;
  /** ∫ dt / n while n > 0. */
  fairShare: number;
  departedAt: number;
  presenceAtDeparture: number;
  oldest: Sojourn | undefined;
  newest: Sojourn | undefined;
}

/** Number of departures over which the order of service is averaged. */
const ORDER_MEMORY = 500;
/** Weight of the prior assumption that there is no order, in departures. */
const ORDER_PRIOR_WEIGHT = 5;

/** Measures sojourns. O(1) for each arrival and departure. */
export class ServiceMeter {
  /** By slot. */
  private readonly stations: (Station | undefined)[] = [];
  private orderScore = 0;
  private orderWeight = 0;

  constructor(private readonly resourceCount: number) {}

  /**
   * Records that a request was dispatched to a backend with `others` in flight on it, from all dispatchers together.
   *
   * @param sojourn of an earlier request; overwritten. A new one is made when absent.
   * @throws {Error} when `sojourn` is not over.
   */
  arrive(slot: number, others: number, atSeconds: number, sojourn = new Sojourn()): Sojourn {
    if (!sojourn.isOver) throw new Error(`the sojourn on slot ${sojourn.slot} is not over`);
    const station = this.stationOf(slot, atSeconds);
    advance(station, others, atSeconds);
    sojourn.slot = slot;
    sojourn.startedAt = atSeconds;
    sojourn.othersAtDispatch = others;
    sojourn.presenceAtDispatch = station.presence;
    sojourn.fairShareAtDispatch = station.fairShare;
    sojourn.older = station.newest;
    sojourn.isOver = false;
    if (sojourn.older) sojourn.older.newer = sojourn;
    else station.oldest = sojourn;
    station.newest = sojourn;
    return sojourn;
  }

  /**
   * Records that the request has left and `others` remain.
   *
   * @returns its seconds of service; 0 when the sojourn was over already.
   */
  leave(sojourn: Sojourn, others: number, atSeconds: number): number {
    if (sojourn.isOver) return 0;
    const station = this.stationOf(sojourn.slot, atSeconds);
    advance(station, others + 1, atSeconds);
    this.recordDeparture(station.oldest === sojourn, others + 1);
    const seconds = this.serviceSeconds(sojourn, station, atSeconds);
    this.remove(sojourn, station);
    station.departedAt = atSeconds;
    station.presenceAtDeparture = station.presence;
    return seconds;
  }

  /** Records that the request failed or was cancelled: its end is no evidence of service. */
  abandon(sojourn: Sojourn, others: number, atSeconds: number): void {
    if (sojourn.isOver) return;
    const station = this.stationOf(sojourn.slot, atSeconds);
    advance(station, others + 1, atSeconds);
    this.remove(sojourn, station);
  }

  /** Forgets a backend whose slot will be reused. Allowed only when nothing is in flight on it. */
  forget(slot: number): void {
    this.stations[slot] = undefined;
  }

  /**
   * How strictly requests leave in order of arrival: 1 always, 0 at random. When all requests are equal, processor
   * sharing keeps the order too; then both shares are right on average.
   */
  get order(): number {
    return Math.max(0, this.orderScore / (this.orderWeight + ORDER_PRIOR_WEIGHT));
  }

  private serviceSeconds(sojourn: Sojourn, station: Station, atSeconds: number): number {
    const sojournSeconds = atSeconds - sojourn.startedAt;
    if (!(sojournSeconds > 0)) return 0;
    const shared = station.fairShare - sojourn.fairShareAtDispatch;
    const inShared = (station.presence - sojourn.presenceAtDispatch) / sojournSeconds;

    const isAfterDeparture = station.departedAt > sojourn.startedAt;
    const spacing = isAfterDeparture ? atSeconds - station.departedAt : sojournSeconds;
    const presence = station.presence - (isAfterDeparture ? station.presenceAtDeparture : sojourn.presenceAtDispatch);
    const inSpacing = spacing > 0 ? presence / spacing : 1;

    const orderedWeight = this.order ** 2;
    return (
      (1 - orderedWeight) * shared * this.busyResources(inShared) +
      orderedWeight * spacing * this.busyResources(inSpacing)
    );
  }

  /** Returns how many resources are busy on average while `inFlight` requests are in flight. */
  private busyResources(inFlight: number): number {
    const n = Math.max(1, inFlight);
    return (n * this.resourceCount) / (this.resourceCount + n - 1);
  }

  private recordDeparture(isOldest: boolean, inFlight: number): void {
    if (inFlight < 2) return;
    const decay = 1 - 1 / ORDER_MEMORY;
    this.orderScore = this.orderScore * decay + (isOldest ? 1 : 0) - 1 / inFlight;
    this.orderWeight = this.orderWeight * decay + 1 - 1 / inFlight;
  }

  private remove(sojourn: Sojourn, station: Station): void {
    if (sojourn.older) sojourn.older.newer = sojourn.newer;
    else station.oldest = sojourn.newer;
    if (sojourn.newer) sojourn.newer.older = sojourn.older;
    else station.newest = sojourn.older;
    sojourn.older = undefined;
    sojourn.newer = undefined;
    sojourn.isOver = true;
  }

  private stationOf(slot: number, atSeconds: number): Station {
    let station = this.stations[slot];
    if (station === undefined) {
      station = {
        updatedAt: atSeconds,
        presence: 0,
        fairShare: 0,
        departedAt: -Infinity,
        presenceAtDeparture: 0,
        oldest: undefined,
        newest: undefined,
      };
      this.stations[slot] = station;
    }
    return station;
  }
}

/**
 * Advances the integrals to `atSeconds`, with `inFlight` requests on the backend since the last update. Other threads
 * may have changed that number in between.
 */
function advance(station: Station, inFlight: number, atSeconds: number): void {
  const elapsed = Math.max(0, atSeconds - station.updatedAt);
  station.presence += elapsed * inFlight;
  if (inFlight > 0) station.fairShare += elapsed / inFlight;
  station.updatedAt = Math.max(station.updatedAt, atSeconds);
}
