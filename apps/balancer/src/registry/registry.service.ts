// Who is in the fleet and in which state. The sole writer of membership and state: whoever else learns something about
// a backend tells it here.
import type { BackendState } from '@fairlead/contracts';
import { JOINING, LoadTable, observe, type FleetSnapshot, type HealthObservation } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { leaseEnd, newBackend, stateOf, type Announcement, type Backend, type BackendRecord } from './backend.js';
import { Drains } from './drains.js';
import { Ejections } from './ejections.js';
import { FleetEvents, type Evidence } from './fleet-events.js';
import { monotonicSeconds } from './monotonic-time.js';
import { FleetFullError, NoLeaseError, UnknownBackendError } from './registry.errors.js';
import { SelfPreservation } from './self-preservation.js';
import { Slots } from './slots.js';
import { TrafficRules } from './traffic.js';

/** What somebody saw of a backend. */
export interface Sighting {
  readonly what: HealthObservation;
  /** For people: what happened. */
  readonly reason: string;
  readonly evidence?: Evidence;
  /** The incarnation it was seen of; undefined: the present one. */
  readonly incarnation?: number;
}

/** What is cut of the exchanges on a backend: those that can turn to another one, or all. */
export type Cut = 'movable' | 'everything';

/** What others are told when it happens. */
export interface RegistryListener {
  /** A row of the load table belongs to nobody any more. */
  readonly slotFreed?: (slot: number) => void;
  /** A backend needs a ping soon: it joined or moved, is up no more, or is slow. */
  readonly unproven?: (backend: Backend) => void;
  /** Exchanges on a slot have to end now. */
  readonly cut?: (slot: number, what: Cut) => void;
}

@Injectable()
export class RegistryService {
  /** The backends that may be given requests now. Immutable; swapped when membership or health changes. */
  snapshot: FleetSnapshot;
  readonly selfPreservation: SelfPreservation;
  readonly traffic: TrafficRules;

  private readonly backends = new Map<string, BackendRecord>();
  private readonly bySlot = new Map<number, BackendRecord>();
  private readonly slots: Slots;
  private readonly drains: Drains;
  private readonly ejections: Ejections;
  private readonly listeners: RegistryListener[] = [];

  constructor(
    table: LoadTable,
    private readonly events: FleetEvents,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.slots = new Slots(table, (slot) => this.tell(({ slotFreed }) => slotFreed?.(slot)));
    this.drains = new Drains(table, events, (slot) => this.tell(({ cut }) => cut?.(slot, 'everything')));
    this.ejections = new Ejections(events, config);
    this.selfPreservation = new SelfPreservation(events, config.SELF_PRESERVATION_PART);
    this.traffic = new TrafficRules(events, config);
    this.snapshot = this.traffic.snapshotOf([]);
  }

  /** Tells `listener` from now on. */
  listen(listener: RegistryListener): void {
    this.listeners.push(listener);
  }

  /**
   * Adds a backend, or updates the one with the same id or at the same address.
   *
   * @throws {FleetFullError} when the load table has no row left; the registry is unchanged then.
   */
  register(announcement: Announcement): { readonly backend: Backend; readonly isNew: boolean } {
    const known = this.backends.get(announcement.id);
    const atSameAddress = this.list().find(({ id, url }) => url === announcement.url && id !== announcement.id);
    if (known) {
      if (atSameAddress) this.remove(atSameAddress.id, `its address was taken over by ${announcement.id}`);
      return { backend: this.update(known, announcement), isNew: false };
    }
    if (atSameAddress) return { backend: this.rename(atSameAddress.id, announcement), isNew: false };

    const slot = this.slots.take();
    if (slot === undefined) throw new FleetFullError(this.config.MAX_BACKENDS);
    const backend = newBackend(announcement, slot, monotonicSeconds());
    this.backends.set(backend.id, backend);
    this.bySlot.set(slot, backend);
    this.events.flipped(backend.id, null, 'joining', `registered ${backend.url}`);
    this.publish();
    this.tellUnproven(backend);
    return { backend, isNew: true };
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

  /** The part of its capacity that the backend on a slot is given while it starts slowly, 0.1 to 1. */
  slowStart(slot: number): number {
    const backend = this.bySlot.get(slot);
    return backend ? this.traffic.slowStart(backend, monotonicSeconds()) : 1;
  }

  /** Lets the lease run anew. @throws {UnknownBackendError} @throws {NoLeaseError} */
  renew(id: string): Backend {
    const backend = this.recordOf(id);
    if (backend.leaseSeconds === undefined) throw new NoLeaseError(id);
    backend.leaseEndsAt = leaseEnd(backend, monotonicSeconds());
    return backend;
  }

  /** No new request goes there; those in flight have `withinSeconds` to end. @throws {UnknownBackendError} */
  drain(id: string, withinSeconds = this.config.DRAIN_TIMEOUT_SECONDS): Backend {
    const backend = this.recordOf(id);
    const from = stateOf(backend);
    if (!backend.draining) {
      this.drains.begin(backend, 'pause', withinSeconds);
      this.entered(backend, from, 'drain requested');
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
    }
    return backend;
  }

  /**
   * Takes a backend out of the fleet when its exchanges have ended, for which they have `withinSeconds`. Answers the
   * backend if it is still draining, undefined when it is gone.
   *
   * @throws {UnknownBackendError}
   */
  leave(id: string, withinSeconds = this.config.DRAIN_TIMEOUT_SECONDS): Backend | undefined {
    const backend = this.recordOf(id);
    const from = stateOf(backend);
    this.drains.begin(backend, 'leave', withinSeconds);
    this.entered(backend, from, 'leaving');
    this.settleDrains();
    return this.backends.get(id);
  }

  /** Takes a backend out of the fleet at once; its exchanges go on. @throws {UnknownBackendError} */
  leaveNow(id: string): void {
    this.remove(id, 'left at once');
  }

  /** Tells what was seen of a backend. One that left meanwhile is passed over, also when its id has come back. */
  observe(seen: Backend, { what, reason, evidence, incarnation }: Sighting): void {
    const backend = this.bySlot.get(seen.slot);
    if (!backend || backend !== seen || (incarnation ?? backend.incarnation) !== backend.incarnation) return;
    if (what === 'outlier' && !this.ejections.canSpare(backend, this.list(), reason, evidence)) return;
    const from = stateOf(backend);
    const before = backend.health.state;
    const { health, flipped } = observe(backend.health, what, {
      rise: this.config.PING_RISE,
      fall: this.config.PING_FALL,
    });
    backend.health = health;
    if (!flipped) return;
    if (health.state === 'ejected') this.ejections.begin(backend);
    if (health.state === 'up' && before !== 'suspect') startAnew(backend);
    if (!backend.draining) this.entered(backend, from, reason, evidence);
    if (health.state === 'suspect' || health.state === 'down') this.tellUnproven(backend);
    if (health.state === 'down' && !health.isResponsive) this.tell(({ cut }) => cut?.(backend.slot, 'movable'));
  }

  /** An exchange waits for this backend longer than it should: it is pinged. */
  doubt(seen: Backend): void {
    if (this.bySlot.get(seen.slot) === seen && seen.health.state === 'up') this.tellUnproven(seen);
  }

  /** Takes out whose lease has lapsed, ends ejections, and completes or cuts drains. */
  sweep(): void {
    for (const { id, leaseSeconds } of this.selfPreservation.lapsed(this.list(), monotonicSeconds())) {
      this.remove(id, `lease lapsed: not renewed for ${leaseSeconds} s`);
    }
    for (const backend of this.ejections.over(this.backends.values())) {
      this.observe(backend, { what: 'ejection-over', reason: `ejection ${backend.ejections} is over` });
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
    backend.health = JOINING;
    backend.ejections = 0;
    this.entered(backend, from, hasMoved ? `registered again at ${backend.url}` : 'registered again');
    this.tellUnproven(backend);
    return backend;
  }

  private rename(oldId: string, announcement: Announcement): Backend {
    const backend = this.recordOf(oldId);
    this.backends.delete(oldId);
    this.backends.set(announcement.id, backend);
    this.events.befell('renamed', announcement.id, stateOf(backend), `was known as ${oldId}`);
    return this.update(backend, announcement);
  }

  private settleDrains(): void {
    for (const { id } of this.drains.settle(this.backends.values())) this.remove(id, 'left, nothing in flight');
  }

  private remove(id: string, reason: string): void {
    const backend = this.recordOf(id);
    this.backends.delete(id);
    this.bySlot.delete(backend.slot);
    this.slots.retire(backend.slot);
    this.events.flipped(id, stateOf(backend), 'gone', reason);
    this.publish();
  }

  private entered(backend: BackendRecord, from: BackendState, reason: string, evidence?: Evidence): void {
    backend.since = new Date();
    backend.reason = reason;
    const to = stateOf(backend);
    if (to !== from) this.events.flipped(backend.id, from, to, reason, evidence);
    this.publish();
  }

  private publish(): void {
    this.snapshot = this.traffic.snapshotOf([...this.backends.values()]);
  }

  private tellUnproven(backend: Backend): void {
    this.tell(({ unproven }) => unproven?.(backend));
  }

  private tell(say: (listener: RegistryListener) => void): void {
    for (const listener of this.listeners) say(listener);
  }

  private recordOf(id: string): BackendRecord {
    const backend = this.backends.get(id);
    if (!backend) throw new UnknownBackendError(id);
    return backend;
  }
}

/** What it did before says nothing about what it will do: its load grows slowly, and its old exchanges count no more. */
function startAnew(backend: BackendRecord): void {
  backend.incarnation++;
  backend.startedAt = monotonicSeconds();
}
