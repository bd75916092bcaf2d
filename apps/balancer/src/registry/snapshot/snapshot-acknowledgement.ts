// Who places requests by which snapshot: other threads take a new one a moment after it was made, and until all of them
// have, a backend that is in it no more may still be given requests.

/** How long somebody waits for threads that do not answer. */
const LONGEST_WAIT_MS = 1000;

/** A thread that places by the snapshots it is sent. */
export interface SnapshotReader {
  /** It places by this version from here on. */
  took(version: number): void;
  /** It places nothing any more. */
  leave(): void;
}

interface Waiter {
  readonly version: number;
  readonly resolve: () => void;
}

export class Publication {
  /** Grows with each snapshot. */
  version = 0;
  private readonly taken = new Map<SnapshotReader, number>();
  private readonly waiting = new Set<Waiter>();
  private isDue = false;

  /** `send` is called when there is a newer snapshot; several that are made at once are sent as one. */
  constructor(private readonly send: () => void) {}

  /** There is a new snapshot. */
  add(): void {
    this.version++;
    if (this.taken.size === 0 || this.isDue) return;
    this.isDue = true;
    queueMicrotask(() => {
      this.isDue = false;
      this.send();
    });
  }

  /** A thread joins, that begins with the present snapshot. */
  join(): SnapshotReader {
    const reader: SnapshotReader = {
      took: (version) => {
        if (!this.taken.has(reader)) return;
        this.taken.set(reader, version);
        this.settle();
      },
      leave: () => {
        this.taken.delete(reader);
        this.settle();
      },
    };
    this.taken.set(reader, this.version);
    return reader;
  }

  /** Whether everybody places by the newest snapshot. */
  get isCurrent(): boolean {
    return this.isTaken(this.version);
  }

  /** Resolves when everybody places by the present snapshot or a newer one, though at the latest after a second. */
  async current(): Promise<void> {
    const { version } = this;
    if (this.isTaken(version)) return;
    await new Promise<void>((resolve) => {
      const waiter: Waiter = {
        version,
        resolve: () => {
          clearTimeout(impatience);
          this.waiting.delete(waiter);
          resolve();
        },
      };
      const impatience = setTimeout(waiter.resolve, LONGEST_WAIT_MS);
      this.waiting.add(waiter);
    });
  }

  private isTaken(version: number): boolean {
    for (const taken of this.taken.values()) if (taken < version) return false;
    return true;
  }

  private settle(): void {
    for (const waiter of this.waiting) if (this.isTaken(waiter.version)) waiter.resolve();
  }
}
