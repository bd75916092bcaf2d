// How long a request was served, as opposed to how long it took: contention taken out of latency.
//
// All the balancer sees of a backend is who came and who left, and when. Time in which nobody waits for anybody is all
// service. In the rest, two laws hold whatever the backend does inside, and need no estimate of anybody's demand, so that
// a wrong belief cannot confirm itself:
//
// - A backend's busy time is shared out among the requests on it, and the shares add up to it. Under processor sharing a
//   request's share is ∫ dt / n(t), with n in flight. Under first-come-first-served it is the time since the one before
//   left: Lindley's recursion. Which of the two it is shows in the order in which requests leave.
// - While n are in flight on R resources used one after the other, between 1 and min(n, R) resources work. With the n spread
//   evenly that is n·R / (R + n − 1) of them (the asymptotic bounds and balanced-network value of operational analysis:
//   Zahorjan, Sevcik, Eager & Galler, "Balanced job bound analysis of queueing networks", CACM 1982).
//
// Service is the one times the other, and so within a factor of R of the truth under any load.

/** A request's sojourn on a backend, from its dispatch to its answer. Once it is over it can be another request's. */
export class Sojourn {
  slot = -1;
  startedAt = NaN;
  /** How many others were in flight on the backend when it came. */
  othersAtDispatch = 0;
  presenceAtDispatch = NaN;
  fairShareAtDispatch = NaN;
  /** Neighbours among those in flight, in order of dispatch. */
  older: Sojourn | undefined;
  newer: Sojourn | undefined;
  isOver = true;
}

/** What the meter keeps of a backend. Times in seconds. */
interface Station {
  at: number;
  /** ∫ n dt. */
  presence: number;
  /** ∫ dt / n while n > 0. */
  fairShare: number;
  departedAt: number;
  presenceAtDeparture: number;
  oldest: Sojourn | undefined;
  newest: Sojourn | undefined;
}

/** Departures looked back on to tell the order of service. */
const ORDER_MEMORY = 500;
/** Departures that have to show an order before it is believed. */
const ORDER_DOUBT = 5;

/** Measures sojourns. O(1) for each arrival and departure. */
export class ServiceMeter {
  /** By slot. */
  private readonly stations: (Station | undefined)[] = [];
  private oldestFirst = 0;
  private couldDiffer = 0;

  constructor(private readonly resourceCount: number) {}

  /**
   * A request goes to a backend with `others` in flight on it, whoever sent them. `sojourn` is written anew for it.
   * @throws {Error} when that is not over.
   */
  arrive(slot: number, others: number, atSeconds: number, sojourn = new Sojourn()): Sojourn {
    if (!sojourn.isOver) throw new Error('this sojourn is not over');
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

  /** The request has left and `others` are still there. Answers how many seconds of service it had; 0 when it was over. */
  leave(sojourn: Sojourn, others: number, atSeconds: number): number {
    if (sojourn.isOver) return 0;
    const station = this.stationOf(sojourn.slot, atSeconds);
    advance(station, others + 1, atSeconds);
    this.watchOrder(station.oldest === sojourn, others + 1);
    const seconds = this.serviceSeconds(sojourn, station, atSeconds);
    this.remove(sojourn, station);
    station.departedAt = atSeconds;
    station.presenceAtDeparture = station.presence;
    return seconds;
  }

  /** The request's end says nothing of service: it failed, or the client gave up. */
  abandon(sojourn: Sojourn, others: number, atSeconds: number): void {
    if (sojourn.isOver) return;
    const station = this.stationOf(sojourn.slot, atSeconds);
    advance(station, others + 1, atSeconds);
    this.remove(sojourn, station);
  }

  /** Another backend has the slot now. Only when nothing is in flight there. */
  forget(slot: number): void {
    this.stations[slot] = undefined;
  }

  /**
   * How strictly requests leave in the order they came: 1 always, 0 as if drawn by lot. Where requests are all alike,
   * sharing keeps the order too; there both shares are right on average.
   */
  get order(): number {
    return Math.max(0, this.oldestFirst / (this.couldDiffer + ORDER_DOUBT));
  }

  private serviceSeconds(sojourn: Sojourn, station: Station, atSeconds: number): number {
    const stayed = atSeconds - sojourn.startedAt;
    if (!(stayed > 0)) return 0;
    const shared = station.fairShare - sojourn.fairShareAtDispatch;
    const inShared = (station.presence - sojourn.presenceAtDispatch) / stayed;

    const isAfterDeparture = station.departedAt > sojourn.startedAt;
    const spacing = isAfterDeparture ? atSeconds - station.departedAt : stayed;
    const presence = station.presence - (isAfterDeparture ? station.presenceAtDeparture : sojourn.presenceAtDispatch);
    const inSpacing = spacing > 0 ? presence / spacing : 1;

    const ordered = this.order ** 2;
    return (1 - ordered) * shared * this.working(inShared) + ordered * spacing * this.working(inSpacing);
  }

  /** How many of the resources work, on average, while so many requests are in flight. */
  private working(inFlight: number): number {
    const n = Math.max(1, inFlight);
    return (n * this.resourceCount) / (this.resourceCount + n - 1);
  }

  private watchOrder(isOldest: boolean, inFlight: number): void {
    if (inFlight < 2) return;
    const keep = 1 - 1 / ORDER_MEMORY;
    this.oldestFirst = this.oldestFirst * keep + (isOldest ? 1 : 0) - 1 / inFlight;
    this.couldDiffer = this.couldDiffer * keep + 1 - 1 / inFlight;
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
        at: atSeconds,
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

/** Time has passed with `inFlight` requests on the backend, which other threads may have changed without our knowing. */
function advance(station: Station, inFlight: number, atSeconds: number): void {
  const passed = Math.max(0, atSeconds - station.at);
  station.presence += passed * inFlight;
  if (inFlight > 0) station.fairShare += passed / inFlight;
  station.at = Math.max(station.at, atSeconds);
}
