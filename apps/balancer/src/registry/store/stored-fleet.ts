// What the registry's store had at the start of this process, and the changes since then, which go there.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Journal } from './journal.js';
import { PendingChanges } from './pending-changes.js';
import { StoreUnavailableError, type RegistryStore, type StoreContents } from './registry-store.js';

/** How often the log repeats what a balancer waits for at its start, milliseconds. */
const REPEAT_MS = 10_000;

export class StoredFleet implements OnApplicationShutdown {
  /** Whether a store that several balancers use is away. */
  isAway = false;
  /** Tells this process from an earlier one of the same balancer. */
  readonly instance = randomUUID();

  constructor(
    readonly store: RegistryStore,
    readonly contents: StoreContents,
    readonly changes: PendingChanges,
    private readonly journal?: Journal,
  ) {}

  /** Whether several balancers use the store. */
  get isShared(): boolean {
    return this.store.isShared;
  }

  /**
   * Reads a store. `balancer` is the id of this balancer, with which its changes are marked. A balancer that shares its
   * registry knows nothing before that: it waits for a store that is away.
   *
   * `journal` has what an earlier process could not store; `warn` writes into the log at once.
   *
   * @throws {StoreUnusableError}
   */
  static async open(
    store: RegistryStore,
    balancer: string,
    { journal, warn = () => {} }: { journal?: Journal | undefined; warn?: (message: string) => void } = {},
  ): Promise<StoredFleet> {
    const contents = store.isShared ? await firstContents(store, warn) : await store.read();
    const changes = new PendingChanges(store, contents.records, balancer);
    // Shows now whether it can be written, and not at the first registration.
    if (!store.isShared) await changes.check();
    for (const { id, wanted } of journal?.read() ?? []) changes.adopt(id, wanted);
    changes.journal = journal;
    return new StoredFleet(store, contents, changes, journal);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** Closes the store; nothing is stored after that. */
  async close(): Promise<void> {
    await this.changes.close();
    await this.store.close();
    this.journal?.close();
  }
}

async function firstContents(store: RegistryStore, warn: (message: string) => void): Promise<StoreContents> {
  let loggedAt = -Infinity;
  for (;;) {
    try {
      const contents = await store.read();
      await store.check();
      return contents;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      if (performance.now() - loggedAt > REPEAT_MS) {
        warn(`${error.message}; this balancer waits for it, because it does not know the fleet yet`);
        loggedAt = performance.now();
      }
      await sleep(store.retryAfterMs);
    }
  }
}
