// Notices a thread that hangs: its heartbeat, which it counts in shared memory, stands still while another thread ticks.
import type { ThreadLiveness } from '@fairlead/scheduling';

/** How often a thread counts its heartbeat: more often than it is looked at, so that a thread that runs misses none. */
const BEAT_MS = 250;
/** How often a thread is looked at. */
const TICK_MS = 500;
/** From here on the thread has to catch up before it places a request. */
const OVERDUE_TICKS = 3;
/** One tick later than that: an overdue thread that was about to place a request has done so by now. */
const STALLED_TICKS = 4;
/** Time for a thread to end once it is terminated. */
const END_TICKS = 10;

/** Counts the heartbeat of this thread from now on, as long as its event loop runs. */
export function startHeartbeat(liveness: ThreadLiveness): void {
  liveness.beat();
  setInterval(() => liveness.beat(), BEAT_MS).unref();
}

/** Calls `onTick` as often as {@link ThreadWatch.tick} has to be called. */
export function startTicking(onTick: () => void): NodeJS.Timeout {
  return setInterval(onTick, TICK_MS);
}

/**
 * `stalled`: nothing waits for the thread any more. `lost`: it has to be terminated. `stuck`: it was, and has not ended:
 * a system call does not return.
 */
export type ThreadState = 'responsive' | 'overdue' | 'stalled' | 'lost' | 'stuck';

/** Watches one thread. Measures silence in its own ticks: they stand still with a process that is suspended. */
export class ThreadWatch {
  state: ThreadState = 'responsive';
  private beats: number;
  private missedTicks: number;

  /**
   * @param stallSeconds the silence after which a thread is lost; 0: never.
   * @param bootSeconds how much longer the first beat may take.
   */
  constructor(
    readonly liveness: ThreadLiveness,
    private readonly stallSeconds: number,
    bootSeconds = 0,
  ) {
    this.beats = liveness.beats;
    this.missedTicks = (-bootSeconds * 1000) / TICK_MS;
  }

  /** For how long the thread has been silent. */
  get silentSeconds(): number {
    return (this.missedTicks * TICK_MS) / 1000;
  }

  /** Whether the others do without the thread. */
  get isStalled(): boolean {
    return this.state !== 'responsive' && this.state !== 'overdue';
  }

  /** Looks at the thread. Returns its former state when that has changed. */
  tick(): ThreadState | undefined {
    const { beats } = this.liveness;
    const before = this.state;
    const isSilent = beats === this.beats || this.isLost;
    this.beats = beats;
    this.missedTicks = isSilent ? this.missedTicks + 1 : 0;
    this.state = this.stateNow();
    return this.state === before ? undefined : before;
  }

  private get isLost(): boolean {
    return this.state === 'lost' || this.state === 'stuck';
  }

  private stateNow(): ThreadState {
    const { missedTicks, stallSeconds } = this;
    const lostTicks = stallSeconds === 0 ? Infinity : Math.ceil((stallSeconds * 1000) / TICK_MS);
    if (missedTicks >= lostTicks + END_TICKS) return 'stuck';
    if (missedTicks >= lostTicks) return 'lost';
    if (missedTicks >= STALLED_TICKS) return 'stalled';
    return missedTicks >= OVERDUE_TICKS ? 'overdue' : 'responsive';
  }
}
