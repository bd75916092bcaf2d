// Timers that are fed: each barks when it was left alone for too long. One clock looks after all of them, since to set
// and to clear a timer for each request costs more than to look at the open ones now and then.
import { monotonicMs } from '../../clock/monotonic.js';
import { IndexedSet, type IndexedSetMember } from './indexed-set.js';

/** How often the clock looks. Everybody barks late by up to this. Milliseconds. */
const TICK_MS = 20;

export class WatchClock {
  readonly watched = new IndexedSet<Watchdog>();
  /** Late by up to a tick. */
  nowMs = monotonicMs();
  private readonly timer = setInterval(() => this.tick(), TICK_MS).unref();

  /** Nobody barks any more. */
  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    this.nowMs = monotonicMs();
    this.watched.forEach((watchdog) => {
      if (watchdog.barksAtMs <= this.nowMs) watchdog.isDue();
    });
  }
}

export class Watchdog implements IndexedSetMember {
  setIndex = -1;
  barksAtMs = Infinity;
  private patienceMs = Infinity;

  constructor(
    private readonly clock: WatchClock,
    private readonly bark: () => void,
  ) {}

  /** Barks in `ms` unless it is fed, stopped or set anew. */
  watch(ms: number): void {
    this.patienceMs = ms;
    this.barksAtMs = monotonicMs() + ms;
    this.clock.watched.add(this);
  }

  /** The time runs anew. */
  feed(): void {
    this.barksAtMs = this.clock.nowMs + this.patienceMs;
  }

  /** Its time has come. */
  isDue(): void {
    this.stop();
    this.bark();
  }

  stop(): void {
    this.clock.watched.delete(this);
  }
}
