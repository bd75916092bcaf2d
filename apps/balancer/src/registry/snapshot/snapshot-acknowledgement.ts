// Who places requests by which snapshot: other threads take a new one a moment after it was made, and until all of them
// have, a backend that is in it no more may still be given requests.

/** How long somebody waits for threads that do not answer. */
const MAX_WAIT_MS = 1000;

/** A thread that places by the snapshots it is sent. */
export interface SnapshotReader {
  /** It places by this version from here on. */
  acknowledge(version: number): void;
  /** It places nothing any more. */
  leave(): void;
}

interface Waiter {
  readonly version: number;
  readonly resolve: () => void;
}

export class SnapshotAcknowledgement {
  /** Grows with each snapshot. */
  version = 0;
  private readonly acknowledged = new Map<SnapshotReader, number>();
  private readonly waiting = new Set<Waiter>();
  private isDue = false;

  /** `send` is called when there is a newer snapshot; several that are made at once are sent as one. */
  constructor(private readonly send: () => void) {}

  /** There is a new snapshot. */
  publish(): void {
    this.version++;
    if (this.acknowledged.size === 0 || this.isDue) return;
    this.isDue = true;
    queueMicrotask(() => {
      this.isDue = false;
      this.send();
    });
  }

  /** A thread joins, that begins with the present snapshot. */
  join(): SnapshotReader {
    const reader: SnapshotReader = {
      acknowledge: (version) => {
        if (!this.acknowledged.has(reader)) return;
        this.acknowledged.set(reader, version);
        this.resolveWaiters();
      },
      leave: () => {
        this.acknowledged.delete(reader);
        this.resolveWaiters();
      },
    };
    this.acknowledged.set(reader, this.version);
    return reader;
  }

  /** Whether everybody places by the newest snapshot. */
  get isAcknowledged(): boolean {
    return this.isAcknowledgedUpTo(this.version);
  }

  /** Resolves when everybody places by the present snapshot or a newer one, though at the latest after a second. */
  async whenAcknowledged(): Promise<void> {
    const { version } = this;
    if (this.isAcknowledgedUpTo(version)) return;
    await new Promise<void>((resolve) => {
      const waiter: Waiter = {
        version,
        resolve: () => {
          clearTimeout(impatience);
          this.waiting.delete(waiter);
          resolve();
        },
      };
      const impatience = setTimeout(waiter.resolve, MAX_WAIT_MS);
      this.waiting.add(waiter);
    });
  }

  private isAcknowledgedUpTo(version: number): boolean {
    for (const taken of this.acknowledged.values()) if (taken < version) return false;
    return true;
  }

  private resolveWaiters(): void {
    for (const waiter of this.waiting) if (this.isAcknowledgedUpTo(waiter.version)) waiter.resolve();
  }
}
