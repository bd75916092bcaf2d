// The model of requests and backends that the main thread fits, from the logs of all threads that serve clients.
import {
  LatencyLog,
  LatentLearner,
  MAX_RANK_LIMIT,
  seededRandom,
  type LoadTable,
  type SharedTable,
} from '@fairlead/scheduling';
import { LRUCache } from 'lru-cache';
import { monotonicMs, sharedSecondsFromMs, sharedSecondsFromSeconds } from '../../clock/monotonic.js';
import type { BalancerConfig } from '../../config/balancer.config.js';
import { readInOrder } from './in-order.js';
import type { Beliefs, ClassName, ReportedCost } from './latent-link.js';
import { ReadingWindows } from './reading-windows.js';
import { ThreadRecords } from './thread-records.js';

/** The largest number of latent resources, unless `RESOURCES` names more. */
const MIN_RANK_LIMIT = 3;
/** How often the logs are read, and about how long the fit may work each time. */
const TICK_MS = 50;
const FIT_MS = 8;
/** Seconds between beliefs that are published without a fit, because of new names of classes or reported costs. */
const NEWS_INTERVAL_SECONDS = 0.5;
/** Seconds between classes that get a number again: where there are too many, they must not take it from each other all the time. */
const NUMBER_AGAIN_SECONDS = 1;

/** The injection token of the model; undefined with DECLARED_CAPACITY=trusted. */
export const LATENT_MODEL = Symbol('LatentModel');

/** What a backend declares, by slot; undefined: nothing. */
export type Declarations = ReadonlyMap<number, ArrayLike<number> | undefined>;

export class LatentModel {
  /** One for each thread that serves clients. */
  readonly logs: readonly LatencyLog[];
  private readonly learner: LatentLearner;
  private readonly threads: readonly ThreadRecords[];
  private readonly windows = new ReadingWindows((isPaused) => this.pause(isPaused));
  private readonly numbers: LRUCache<string, number>;
  private readonly names: string[] = [];
  /** Numbers that are free again. */
  private readonly free: number[] = [];
  /** Reported costs of each class, by thread. */
  private readonly costs: (Map<number, ReportedCost> | undefined)[] = [];
  private readonly reported: (ReportedCost | undefined)[] = [];
  private declared: Declarations = new Map();
  private readonly listeners: ((beliefs: Beliefs) => void)[] = [];
  private current: Beliefs;
  private ticking: NodeJS.Timeout | undefined;
  private publishedAt = 0;
  private numberedAgainAt = -Infinity;
  /** Records that were read since the last tick. */
  private readBetween = 0;
  private hasNews = false;

  constructor({ shape }: LoadTable, config: BalancerConfig) {
    const rankLimit = latentResources(config);
    const seed = config.DEMAND_SEED;
    const random = seed === undefined ? Math.random : seededRandom(seed);
    // One more: a thread that gives a number to another class has both classes for a moment.
    const latentShape = { classCount: config.DEMAND_CLASSES + 1, slotCount: shape.slotCount, rankLimit };
    this.learner = new LatentLearner(latentShape, random);
    this.logs = Array.from({ length: shape.writerCount }, () => new LatencyLog());
    this.threads = this.logs.map(
      ({ buffer }) =>
        new ThreadRecords(new LatencyLog(buffer), this.learner, {
          named: (records, named) => this.useName(records, named),
          numberAgain: (name, atSeconds) => this.numberAgain(name, atSeconds),
          // One that is in use keeps its number.
          sampled: (classId) => void this.numbers.get(this.names[classId]),
          lost: () => this.forgetFlights(),
        }),
    );
    this.numbers = new LRUCache({ max: latentShape.classCount, memoMethod: (name) => this.assignNumber(name) });
    this.current = this.beliefsNow();
  }

  /** What is believed now. */
  get beliefs(): Beliefs {
    return this.current;
  }

  /** Latencies that were learned from since the start. */
  get samples(): number {
    return this.threads.reduce((sum, { samples }) => sum + samples, 0);
  }

  /** The number of a class in the tables; undefined: it is not known. */
  numberOf(name: string): number | undefined {
    return this.numbers.peek(name);
  }

  /** Reads and fits from now on. */
  start(): void {
    this.ticking = setInterval(() => this.tick(), TICK_MS);
    this.ticking.unref();
  }

  stop(): void {
    clearInterval(this.ticking);
  }

  /** Passes what is believed to `use`, now and whenever it changes. */
  listen(use: (beliefs: Beliefs) => void): void {
    this.listeners.push(use);
    use(this.current);
  }

  /** Says which class has a number in a thread. */
  nameClass(thread: number, named: ClassName): void {
    this.threads[thread].nameClass(named);
    this.readBetween += readInOrder(this.threads, Infinity);
  }

  /** Records the cost of a class according to the responses that a thread has read. */
  reportCost(thread: number, name: string, cost: ReportedCost): void {
    const classId = this.numbers.memo(name);
    if (cost.reports === 0) return;
    const costs = (this.costs[classId] ??= new Map<number, ReportedCost>());
    costs.set(thread, cost);
    const all = [...costs.values()];
    const reports = all.reduce((sum, each) => sum + each.reports, 0);
    const units = cost.units.map((_, r) =>
      all.reduce((sum, each) => sum + (each.units[r] * each.reports) / reports, 0),
    );
    this.reported[classId] = { units, reports };
    // A fit may not follow: there may be no more requests.
    this.hasNews = true;
    this.learner.declareDemand(classId, units, reports);
  }

  /** Records how busy a backend reports to be, in the fleet's order; NaN: it does not say. */
  reportUtilization(slot: number, utilization: readonly number[]): void {
    // A thread may not know yet that the backend has left.
    if (this.declared.has(slot)) this.learner.reportUtilization(slot, utilization);
  }

  /** Gives numbers to classes that no thread has named yet. Where there are too many classes, these lose theirs first. */
  expectClasses(names: readonly string[]): void {
    for (const name of names) this.numbers.memo(name);
    this.publish();
  }

  /** Adopts what others believe: see {@link LatentLearner.adopt}. */
  adopt(table: SharedTable): void {
    if (this.learner.adopt(table)) this.publish();
  }

  /** Sets the number of balancers that send requests to the backends, this one included. */
  setBalancers(count: number): void {
    this.learner.setBalancers(count);
  }

  /** Records what the backends declare. */
  useDeclarations(declared: Declarations): void {
    for (const [slot, capacity] of declared) {
      if (!this.declared.has(slot) || !isSame(this.declared.get(slot), capacity)) {
        this.learner.declareMachine(slot, capacity);
      }
    }
    this.declared = declared;
    // Before the next tick a backend may be up already.
    this.tick();
  }

  /** Forgets a backend whose slot will be reused. */
  forgetSlot(slot: number): void {
    this.readBetween += readInOrder(this.threads, Infinity);
    // A name may hold them up.
    for (const thread of this.threads) thread.drain(Infinity);
    this.learner.forgetSlot(slot);
    this.declared = new Map([...this.declared].filter(([each]) => each !== slot));
  }

  /** A thread has ended, and its requests with it. */
  abandon(thread: number): void {
    this.threads[thread].abandon(sharedSecondsFromMs(monotonicMs()));
  }

  private tick(): void {
    const now = monotonicMs();
    this.read(now / 1000);
    const isNew = this.learner.step(sharedSecondsFromMs(now), () => monotonicMs() - now > FIT_MS);
    const isDue = this.hasNews && now / 1000 - this.publishedAt >= NEWS_INTERVAL_SECONDS;
    if (isNew || isDue) this.publish();
  }

  /** Reads what the threads wrote. `now`: monotonic seconds. */
  private read(now: number): void {
    if (!this.windows.isOpen(now)) {
      for (const thread of this.threads) thread.skip();
      return;
    }
    const records = readInOrder(this.threads, sharedSecondsFromSeconds(now));
    this.windows.count(this.readBetween + records, now);
    this.readBetween = 0;
  }

  /** Forgets what is in flight when a pause begins or ends, because it is known only in part. */
  private pause(isPaused: boolean): void {
    for (const thread of this.threads) {
      thread.skip();
      thread.pause(isPaused);
    }
    this.forgetFlights();
  }

  private forgetFlights(): void {
    for (const thread of this.threads) thread.forgetFlights();
    this.learner.forgetFlights();
  }

  private useName(records: ThreadRecords, { classId: threadClass, name }: ClassName): void {
    const former = records.classOf(threadClass);
    const classId = this.numbers.memo(name);
    records.useClass(threadClass, classId, name);
    if (former !== undefined && former !== classId) this.releaseUnused(former);
  }

  /** Frees the number of a class that no thread has requests of any more. */
  private releaseUnused(classId: number): void {
    if (this.threads.some((thread) => thread.knows(classId))) return;
    this.numbers.delete(this.names[classId]);
    this.names[classId] = '';
    this.forgetClass(classId);
    this.free.push(classId);
  }

  private forgetClass(classId: number): void {
    for (const thread of this.threads) thread.forgetClass(classId);
    this.learner.forgetClass(classId);
  }

  private numberAgain(name: string, atSeconds: number): number | undefined {
    if (atSeconds - this.numberedAgainAt < NUMBER_AGAIN_SECONDS) return this.numbers.get(name);
    this.numberedAgainAt = atSeconds;
    return this.numbers.memo(name);
  }

  private assignNumber(name: string): number {
    let classId = this.free.pop();
    if (classId === undefined && this.numbers.size === this.numbers.max) {
      classId = this.numbers.pop();
      if (classId !== undefined) this.forgetClass(classId);
    }
    classId ??= this.names.length;
    this.costs[classId] = undefined;
    this.reported[classId] = undefined;
    this.names[classId] = name;
    this.hasNews = true;
    return classId;
  }

  private publish(): void {
    this.publishedAt = monotonicMs() / 1000;
    this.hasNews = false;
    this.current = this.beliefsNow();
    for (const use of this.listeners) use(this.current);
  }

  private beliefsNow(): Beliefs {
    return {
      table: this.learner.table,
      names: [...this.names],
      numbers: new Map(this.numbers.entries()),
      reported: [...this.reported],
      isAnchored: [...this.declared.values()].some((capacity) => capacity !== undefined),
    };
  }
}

function isSame(a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): boolean {
  if (!a || !b) return a === b;
  return a.length === b.length && Array.from(a).every((units, r) => units === b[r]);
}

/** How many latent resources there are at most: 0 when what is declared is trusted. */
export function latentResources({ DECLARED_CAPACITY, RESOURCES }: BalancerConfig): number {
  if (DECLARED_CAPACITY === 'trusted') return 0;
  return Math.min(MAX_RANK_LIMIT, Math.max(MIN_RANK_LIMIT, RESOURCES.size));
}
