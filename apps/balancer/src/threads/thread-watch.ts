// Notices a thread that hangs: its heartbeat counter in shared memory stops while the ticks of another thread go on.
import type { ThreadLiveness } from '@fairlead/scheduling';

/** The interval of heartbeats: shorter than a tick, so that every tick sees a new beat of a thread that runs. */
const BEAT_MS = 250;
/** How often another thread checks the heartbeat. */
const TICK_MS = 500;
/** After this number of missed ticks, the thread must catch up before it places a request. */
const OVERDUE_TICKS = 3;
/** Nothing waits for the thread from here on. One tick later: an overdue thread that was placing a request has done so. */
const STALLED_TICKS = 4;
/** How long a terminated thread may take to end. */
const END_TICKS = 10;

/** Starts the heartbeat of this thread, which goes on as long as its event loop runs. */
export function startHeartbeat(liveness: ThreadLiveness): void {
  liveness.beat();
  setInterval(() => liveness.beat(), BEAT_MS).unref();
}

/** Calls `onTick` as often as {@link ThreadWatch.tick} has to be called. */
export function startTicking(onTick: () => void): NodeJS.Timeout {
  return setInterval(onTick, TICK_MS);
}

/**
 * `stalled`: nothing waits for the thread any more. `lost`: it must be terminated. `stuck`: it was terminated but has not
 * ended, because a system call does not return.
 */
export type ThreadState = 'responsive' | 'overdue' | 'stalled' | 'lost' | 'stuck';

/** Watches one thread. Measures silence in its own ticks, which stop while the process is suspended. */
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

  /** Whether the other threads have stopped waiting for it. */
  get isStalled(): boolean {
    return this.state !== 'responsive' && this.state !== 'overdue';
  }

  /** Checks the thread. Returns its previous state if the state has changed. */
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
