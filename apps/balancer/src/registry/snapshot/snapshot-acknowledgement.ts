// Tracks which snapshot each thread uses. Until every thread has acknowledged the newest, a removed backend may still
// receive requests.

/** How long to wait for a thread that does not acknowledge. */
const MAX_WAIT_MS = 1000;

/** A thread that places requests by the snapshots it receives. */
export interface SnapshotReader {
  /** The thread uses this version from now on. */
  acknowledge(version: number): void;
  /** Whether the thread uses the newest snapshot. */
  isCurrent(): boolean;
  /** Nothing waits for the thread while `isAwaited` is false. */
  setAwaited(isAwaited: boolean): void;
  /** The thread places no more requests. */
  leave(): void;
}

/** What is known of a thread. */
interface ReaderState {
  /** The version it uses. */
  version: number;
  isAwaited: boolean;
}

interface Waiter {
  readonly version: number;
  readonly resolve: () => void;
}

export class SnapshotAcknowledgement {
  /** Grows with each snapshot. */
  version = 0;
  private readonly readers = new Set<ReaderState>();
  private readonly waiting = new Set<Waiter>();
  private isDue = false;

  /** `send` is called when there is a newer snapshot; once for several in a row. */
  constructor(private readonly send: () => void) {}

  /** Counts a new snapshot, and has it sent. */
  publish(): void {
    this.version++;
    if (this.isDue) return;
    this.isDue = true;
    queueMicrotask(() => {
      this.isDue = false;
      this.send();
    });
  }

  /** Adds a thread that starts with the present snapshot. */
  join(): SnapshotReader {
    const state: ReaderState = { version: this.version, isAwaited: true };
    this.readers.add(state);
    return {
      isCurrent: () => state.version === this.version,
      acknowledge: (version) => {
        state.version = version;
        this.resolveWaiters();
      },
      setAwaited: (isAwaited) => {
        state.isAwaited = isAwaited;
        this.resolveWaiters();
      },
      leave: () => {
        this.readers.delete(state);
        this.resolveWaiters();
      },
    };
  }

  /** Whether every thread that runs uses the newest snapshot. */
  get isAcknowledged(): boolean {
    return this.isAcknowledgedUpTo(this.version);
  }

  /** Resolves when every thread uses the present snapshot or a newer one, at the latest after a second. */
  async whenAcknowledged(): Promise<void> {
    const { version } = this;
    if (this.isAcknowledgedUpTo(version)) return;
    await new Promise<void>((resolve) => {
      const waiter: Waiter = {
        version,
        resolve: () => {
          clearTimeout(timeout);
          this.waiting.delete(waiter);
          resolve();
        },
      };
      const timeout = setTimeout(waiter.resolve, MAX_WAIT_MS);
      this.waiting.add(waiter);
    });
  }

  private isAcknowledgedUpTo(version: number): boolean {
    for (const { version: used, isAwaited } of this.readers) if (isAwaited && used < version) return false;
    return true;
  }

  private resolveWaiters(): void {
    for (const waiter of this.waiting) if (this.isAcknowledgedUpTo(waiter.version)) waiter.resolve();
  }
}
