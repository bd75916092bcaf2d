// A store in memory: the registry of a balancer without a file, which is gone with its process.
import { monotonicSeconds } from '../../clock/monotonic.js';
import { randomKeys, type KeptKeys } from './kept-keys.js';
import { LeaseTable } from './lease-table.js';
import {
  RegistryStore,
  type ChangeResult,
  type LapsedLeases,
  type NewRecord,
  type Renewal,
  type StoreContents,
  type StoredRecord,
  type Subscription,
} from './registry-store.js';
import { newestShares, shareOf, type StoredShare } from './shares.js';

export class MemoryStore extends RegistryStore {
  readonly name = 'the registry in memory';
  readonly isShared: boolean = false;
  readonly retryAfterMs: number = 1_000;

  private readonly records = new Map<string, StoredRecord>();
  private readonly leases: LeaseTable;
  /** By balancer: when, and what. */
  private readonly shares = new Map<string, { readonly at: number; readonly text: string }>();
  private lastVersion = 0;

  constructor(
    private readonly keys: KeptKeys = randomKeys(),
    private readonly now: () => number = monotonicSeconds,
  ) {
    super();
    this.leases = new LeaseTable(now);
  }

  async read(): Promise<StoreContents> {
    const { keys, lastVersion } = this;
    return { records: [...this.records.values()], unusable: [], keys, epoch: '', lastVersion, position: '' };
  }

  async check(): Promise<void> {}

  async put(record: NewRecord, expected: number): Promise<ChangeResult> {
    const { id, leaseSeconds } = record.backend;
    const present = this.records.get(id);
    if ((present?.version ?? 0) !== expected) return conflictWith(present);
    const version = ++this.lastVersion;
    this.records.set(id, { ...record, version });
    this.leases.grant(id, record.incarnation, leaseSeconds);
    return { kind: 'stored', version };
  }

  async remove(id: string, expected: number): Promise<ChangeResult> {
    const present = this.records.get(id);
    if (present?.version !== expected) return conflictWith(present);
    this.drop(id);
    return { kind: 'stored', version: this.lastVersion };
  }

  async renew(leases: readonly Renewal[]): Promise<readonly string[]> {
    return leases
      .filter(({ id, incarnation, leaseSeconds }) => !this.leases.renew(id, incarnation, leaseSeconds))
      .map(({ id }) => id);
  }

  async lapsed(): Promise<LapsedLeases> {
    return this.leases.lapsed();
  }

  async removeLapsed(ids: readonly string[]): Promise<readonly string[]> {
    const lapsed = this.leases.stillLapsed(ids);
    for (const id of lapsed) this.drop(id);
    return lapsed;
  }

  follow(): Subscription {
    return { close: () => {} };
  }

  async writeShare(balancer: string, text: string): Promise<void> {
    this.shares.set(balancer, { at: this.now(), text });
  }

  async readShares(): Promise<readonly StoredShare[]> {
    const shares = Array.from(this.shares, ([balancer, { at, text }]) => shareOf(balancer, text, this.now() - at));
    return newestShares(shares);
  }

  async close(): Promise<void> {}

  private drop(id: string): void {
    this.lastVersion++;
    this.records.delete(id);
    this.leases.end(id);
  }
}

function conflictWith(present: StoredRecord | undefined): ChangeResult {
  return { kind: 'conflict', version: present?.version ?? 0, present };
}
