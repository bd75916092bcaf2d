// What the registry's store had at the start of this process, and the changes since then, which go there.
import type { OnApplicationShutdown } from '@nestjs/common';
import { PendingChanges } from './pending-changes.js';
import type { RegistryStore, StoreContents } from './registry-store.js';

export class StoredFleet implements OnApplicationShutdown {
  constructor(
    private readonly store: RegistryStore,
    readonly contents: StoreContents,
    readonly changes: PendingChanges,
  ) {}

  /** Reads a store. `balancer` is the id of this balancer, with which its changes are marked. */
  static async open(store: RegistryStore, balancer: string): Promise<StoredFleet> {
    const contents = await store.read();
    const changes = new PendingChanges(store, contents.records, balancer);
    // Shows now whether it can be written, and not at the first registration.
    await changes.check();
    return new StoredFleet(store, contents, changes);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** Closes the store; nothing is stored after that. */
  async close(): Promise<void> {
    await this.changes.close();
    await this.store.close();
  }
}
