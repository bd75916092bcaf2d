// Finds the backends of the fleet by id, by row of the load table, and by pool and address.
import type { Backend, BackendRecord, BackendSpec } from '../backend.js';
import { UnknownBackendError } from '../registry.errors.js';

/** What identifies a backend to those who register it: its id, or else where it is. */
export type BackendIdentity = { readonly [Key in 'id' | 'url' | 'pool']: BackendSpec[Key] | undefined };

/** The members of the fleet. An id, a slot, and an address within a pool belong to one backend at most. */
export class BackendIndex implements Iterable<BackendRecord> {
  private readonly byId = new Map<string, BackendRecord>();
  private readonly bySlot = new Map<number, BackendRecord>();

  add(backend: BackendRecord): void {
    this.byId.set(backend.id, backend);
    this.bySlot.set(backend.slot, backend);
  }

  remove(backend: Backend): void {
    this.byId.delete(backend.id);
    this.bySlot.delete(backend.slot);
  }

  /** Gives a backend another id. */
  rename(backend: BackendRecord, id: string): void {
    this.byId.delete(backend.id);
    backend.id = id;
    this.byId.set(id, backend);
  }

  find(id: string): BackendRecord | undefined {
    return this.byId.get(id);
  }

  /** @throws {UnknownBackendError} */
  get(id: string): BackendRecord {
    const backend = this.byId.get(id);
    if (!backend) throw new UnknownBackendError(id);
    return backend;
  }

  /** The backend with this id, or else at this address in this pool. */
  match({ id, url, pool }: BackendIdentity): BackendRecord | undefined {
    const known = id === undefined ? undefined : this.find(id);
    return known ?? (url === undefined || pool === undefined ? undefined : this.atAddress(url, pool));
  }

  atSlot(slot: number): BackendRecord | undefined {
    return this.bySlot.get(slot);
  }

  /** Several pools may have a backend at one address: each counts its own requests. */
  atAddress(url: string, pool: string): BackendRecord | undefined {
    for (const backend of this) if (backend.url === url && backend.pool === pool) return backend;
    return undefined;
  }

  /** Sorted by id. */
  sorted(): readonly BackendRecord[] {
    return [...this].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** In the order in which they registered or were renamed. */
  [Symbol.iterator](): IterableIterator<BackendRecord> {
    return this.byId.values();
  }
}
