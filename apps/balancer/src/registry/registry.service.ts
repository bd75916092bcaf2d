// Who is in the fleet and in which state. The sole writer of membership and state: whoever else learns something about
// a backend tells it here.
import { FleetSnapshot, LoadTable, observe, type HealthObservation } from '@fairlead/scheduling';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import {
  leaseEnd,
  newBackend,
  restoredBackend,
  stateOf,
  type Announcement,
  type Backend,
  type BackendRecord,
  type StoredBackend,
} from './backend.js';
import { FleetEvents } from './fleet-events.js';
import { RegistryStore } from './registry-store.js';
import { FleetFullError, NoLeaseError, UnknownBackendError } from './registry.errors.js';
import { Slots } from './slots.js';

@Injectable()
export class RegistryService implements OnModuleInit {
  /** The backends that may be given requests now. Immutable; swapped when membership or health changes. */
  snapshot: FleetSnapshot;

  private readonly logger = new Logger('Registry');
  private readonly backends = new Map<string, BackendRecord>();
  private readonly bySlot = new Map<number, BackendRecord>();
  private readonly slots: Slots;
  private readonly slotListeners: ((slot: number) => void)[] = [];
  private readonly unprovenListeners: ((backend: Backend) => void)[] = [];
  private areLeasesHeld = false;

  constructor(
    private readonly table: LoadTable,
    private readonly events: FleetEvents,
    private readonly store: RegistryStore,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.slots = new Slots(table, (slot) => this.slotListeners.forEach((listener) => listener(slot)));
    this.snapshot = new FleetSnapshot(config.RESOURCES.size, []);
  }

  /** Tells `listener` of every row of the load table that nobody has any more. */
  onSlotFreed(listener: (slot: number) => void): void {
    this.slotListeners.push(listener);
  }

  /**
   * Tells `listener` of every backend that needs a ping soon: one that joined or moved, or that is up no more; first of
   * those there are already.
   */
  onUnproven(listener: (backend: Backend) => void): void {
    this.unprovenListeners.push(listener);
    for (const backend of this.backends.values()) if (backend.health.state !== 'up') listener(backend);
  }

  /** Before the ports listen. */
  onModuleInit(): void {
    for (const stored of this.store.load()) this.restore(stored);
  }

  /**
   * At shutdown: from here on nobody leaves for silence. Backends renew with whoever comes next, and reads the same
   * registry file.
   */
  holdLeases(): void {
    this.areLeasesHeld = true;
  }

  /**
   * Adds a backend, or updates the one with the same id or at the same address.
   *
   * @throws {FleetFullError} when the load table has no row left; the registry is unchanged then.
   */
  register(announcement: Announcement): { readonly backend: Backend; readonly isNew: boolean } {
    const admitted = this.admit(announcement);
    this.store.save(admitted.backend);
    return admitted;
  }

  private admit(announcement: Announcement): { readonly backend: Backend; readonly isNew: boolean } {
    const known = this.backends.get(announcement.id);
    const atSameAddress = this.list().find(({ id, url }) => url === announcement.url && id !== announcement.id);
    if (known) {
      if (atSameAddress) {
        this.store.remove(atSameAddress.id);
        this.remove(atSameAddress.id, `its address was taken over by ${announcement.id}`);
      }
      return { backend: this.update(known, announcement), isNew: false };
    }
    if (atSameAddress) return { backend: this.rename(atSameAddress.id, announcement), isNew: false };

    const slot = this.slots.take();
    if (slot === undefined) throw new FleetFullError(this.config.MAX_BACKENDS);
    const backend = newBackend(announcement, slot, monotonicSeconds());
    this.add(backend, `registered ${backend.url}`);
    return { backend, isNew: true };
  }

  private restore(stored: StoredBackend): void {
    const slot = this.slots.take();
    if (slot === undefined) {
      this.logger.warn(`backend ${stored.id} is not restored: MAX_BACKENDS is ${this.config.MAX_BACKENDS}`);
      return;
    }
    const backend = restoredBackend(stored, slot, monotonicSeconds());
    this.add(backend, backend.reason);
  }

  private add(backend: BackendRecord, reason: string): void {
    this.backends.set(backend.id, backend);
    this.bySlot.set(backend.slot, backend);
    this.events.record(backend.id, null, stateOf(backend), reason);
    this.tellUnproven(backend);
  }

  /** All backends, sorted by id. */
  list(): readonly Backend[] {
    this.settleDrains();
    return [...this.backends.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** @throws {UnknownBackendError} */
  get(id: string): Backend {
    this.settleDrains();
    return this.recordOf(id);
  }

  /** The backend that holds a row of the load table; undefined when it has left. */
  atSlot(slot: number): Backend | undefined {
    return this.bySlot.get(slot);
  }

  /** Lets the lease run anew. @throws {UnknownBackendError} @throws {NoLeaseError} */
  renew(id: string): Backend {
    const backend = this.recordOf(id);
    if (backend.leaseSeconds === undefined) throw new NoLeaseError(id);
    backend.leaseEndsAt = leaseEnd(backend, monotonicSeconds());
    return backend;
  }

  /** No new request goes there; those in flight go on. @throws {UnknownBackendError} */
  drain(id: string): Backend {
    const backend = this.recordOf(id);
    if (!backend.draining) {
      this.beginDrain(backend, 'pause', 'drain requested');
      this.store.save(backend);
    }
    this.settleDrains();
    return backend;
  }

  /** Takes a drained or leaving backend back. @throws {UnknownBackendError} */
  resume(id: string): Backend {
    const backend = this.recordOf(id);
    if (backend.draining) {
      backend.draining = undefined;
      this.entered(backend, 'draining', 'resumed');
      this.store.save(backend);
    }
    return backend;
  }

  /**
   * Takes a backend out of the fleet: at once, or when its exchanges have ended. Answers the backend if it is still
   * draining, undefined when it is gone.
   *
   * @throws {UnknownBackendError}
   */
  leave(id: string, { now }: { readonly now: boolean }): Backend | undefined {
    const backend = this.recordOf(id);
    // Forgotten now and not when it is gone: by then it may have registered with the process that comes next.
    this.store.remove(id);
    if (now) this.remove(id, 'left at once');
    else if (backend.draining) backend.draining = { ...backend.draining, purpose: 'leave' };
    else this.beginDrain(backend, 'leave', 'leaving');
    this.settleDrains();
    return this.backends.get(id);
  }

  /** Tells what was seen of a backend. One that left meanwhile is passed over, also when its id has come back. */
  observe(seen: Backend, observation: HealthObservation, reason: string): void {
    const backend = this.bySlot.get(seen.slot);
    if (!backend || backend !== seen) return;
    const from = stateOf(backend);
    const { health, flipped } = observe(backend.health, observation, { fall: this.config.PING_FALL });
    backend.health = health;
    if (flipped && !backend.draining) this.entered(backend, from, reason);
    if (flipped && health.state !== 'up') this.tellUnproven(backend);
  }

  /** Takes out whose lease has lapsed, and completes the drains whose last exchange has ended. */
  sweep(): void {
    this.settleDrains();
    const now = monotonicSeconds();
    for (const backend of this.backends.values()) {
      if (this.areLeasesHeld || backend.leaseEndsAt > now) continue;
      this.store.remove(backend.id);
      this.remove(backend.id, `lease lapsed: not renewed for ${backend.leaseSeconds} s`);
    }
  }

  private update(backend: BackendRecord, announcement: Announcement): Backend {
    const from = stateOf(backend);
    const hasMoved = backend.url !== announcement.url;
    Object.assign(backend, announcement, { leaseEndsAt: leaseEnd(announcement, monotonicSeconds()) });
    const isBack = hasMoved || from !== 'up';
    if (!isBack) {
      this.publish();
      return backend;
    }
    // An operator's pause outlasts a restart of the backend; a backend that was leaving has come back.
    if (backend.draining?.purpose === 'leave') backend.draining = undefined;
    backend.health = { state: 'joining', failedPings: 0 };
    this.entered(backend, from, hasMoved ? `registered again at ${backend.url}` : 'registered again');
    this.tellUnproven(backend);
    return backend;
  }

  private rename(oldId: string, announcement: Announcement): Backend {
    const backend = this.recordOf(oldId);
    this.store.remove(oldId);
    this.backends.delete(oldId);
    this.backends.set(announcement.id, backend);
    this.events.record(announcement.id, stateOf(backend), stateOf(backend), `was known as ${oldId}`);
    return this.update(backend, announcement);
  }

  private beginDrain(backend: BackendRecord, purpose: 'pause' | 'leave', reason: string): void {
    const from = stateOf(backend);
    backend.draining = { purpose, completedAt: undefined };
    this.entered(backend, from, reason);
  }

  private settleDrains(): void {
    for (const backend of this.backends.values()) {
      if (!backend.draining || this.table.active(backend.slot) > 0) continue;
      if (backend.draining.purpose === 'leave') this.remove(backend.id, 'left, nothing in flight');
      else backend.draining = { purpose: 'pause', completedAt: backend.draining.completedAt ?? new Date() };
    }
  }

  private remove(id: string, reason: string): void {
    const backend = this.recordOf(id);
    this.backends.delete(id);
    this.bySlot.delete(backend.slot);
    this.slots.retire(backend.slot);
    this.events.record(id, stateOf(backend), 'gone', reason);
    this.publish();
  }

  private entered(backend: BackendRecord, from: ReturnType<typeof stateOf>, reason: string): void {
    backend.since = new Date();
    backend.reason = reason;
    const to = stateOf(backend);
    if (to !== from) this.events.record(backend.id, from, to, reason);
    this.publish();
  }

  /** Backends that are up; when there is none, those under suspicion, for a doubtful backend beats no answer at all. */
  private publish(): void {
    const inState = (state: string) => [...this.backends.values()].filter((backend) => stateOf(backend) === state);
    const up = inState('up');
    this.snapshot = new FleetSnapshot(this.config.RESOURCES.size, up.length > 0 ? up : inState('suspect'));
  }

  private tellUnproven(backend: Backend): void {
    for (const listener of this.unprovenListeners) listener(backend);
  }

  private recordOf(id: string): BackendRecord {
    const backend = this.backends.get(id);
    if (!backend) throw new UnknownBackendError(id);
    return backend;
  }
}

/** Monotonic time in seconds: a jump of the wall clock expires no lease. */
export function monotonicSeconds(): number {
  return performance.now() / 1000;
}
