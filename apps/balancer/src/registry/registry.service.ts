// Who is in the fleet and in which state. The sole writer of membership and state: whoever else learns something about
// a backend tells it here.
import type { BackendState } from '@fairlead/contracts';
import { JOINING, LoadTable, observe, type FleetSnapshot } from '@fairlead/scheduling';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import {
  leaseEnd,
  newBackend,
  restoredBackend,
  restart,
  stateOf,
  type BackendSpec,
  type Backend,
  type BackendRecord,
  type StoredBackend,
} from './backend.js';
import { Drains } from './drains.js';
import { Ejections } from './ejections.js';
import type { Fleet, FleetBackend, FleetListener } from './snapshot/fleet.js';
import { EventLog, type Evidence } from './event-log.js';
import { monotonicSeconds } from '../clock/monotonic.js';
import { SnapshotAcknowledgement } from './snapshot/snapshot-acknowledgement.js';
import { RegistryStore } from './store/registry-store.js';
import { FleetFullError, NoLeaseError } from './registry.errors.js';
import { BackendIndex } from './backend-index.js';
import { SelfPreservation } from './self-preservation.js';
import type { BackendObservation } from './snapshot/backend-observation.js';
import { SlotAllocator } from './slot-allocator.js';
import { SnapshotBuilder } from './snapshot/snapshot-builder.js';

/** Whoever is told when something happens. */
export interface RegistryListener extends FleetListener {
  /** There is a new snapshot; several that were made at once are told of as one. Only while threads take them. */
  readonly snapshotChanged?: () => void;
  /** A backend needs a ping soon: it joined or moved, is up no more, or is slow. */
  readonly probeNeeded?: (backend: Backend) => void;
}

@Injectable()
export class RegistryService implements Fleet, OnModuleInit {
  snapshot: FleetSnapshot;
  readonly selfPreservation: SelfPreservation;
  readonly snapshots: SnapshotBuilder;
  /** Which snapshot other threads place by. */
  readonly acknowledgement = new SnapshotAcknowledgement(() =>
    this.notify(({ snapshotChanged }) => snapshotChanged?.()),
  );

  private readonly logger = new Logger('Registry');
  private readonly index = new BackendIndex();
  private readonly slots: SlotAllocator;
  private readonly drains: Drains;
  private readonly ejections: Ejections;
  private readonly listeners: RegistryListener[] = [];
  private areLeasesHeld = false;

  constructor(
    table: LoadTable,
    private readonly events: EventLog,
    private readonly store: RegistryStore,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.slots = new SlotAllocator(table, this.acknowledgement, (slot) =>
      this.notify(({ slotFreed }) => slotFreed?.(slot)),
    );
    this.drains = new Drains(table, this.acknowledgement, events, (slot) => {
      this.notify(({ disconnect }) => disconnect?.(slot, 'all'));
    });
    this.ejections = new Ejections(events, config);
    this.selfPreservation = new SelfPreservation(events, config.SELF_PRESERVATION_RATIO);
    this.snapshots = new SnapshotBuilder(events, config);
    this.snapshot = this.snapshots.build([]);
  }

  /** Before the ports listen. */
  onModuleInit(): void {
    for (const stored of this.store.load()) this.restore(stored);
    this.publish();
    this.completeDrains();
  }

  /**
   * At shutdown: from here on nobody leaves for silence. Backends renew with whoever comes next, and reads the same
   * registry file.
   */
  holdLeases(): void {
    this.areLeasesHeld = true;
  }

  /** Tells `listener` from now on, and of those that need a ping already. */
  listen(listener: RegistryListener): void {
    this.listeners.push(listener);
    for (const backend of this.index) if (backend.health.state !== 'up') listener.probeNeeded?.(backend);
  }

  /**
   * Adds a backend, or updates the one with the same id or at the same address.
   *
   * @throws {FleetFullError} when the load table has no row left; the registry is unchanged then.
   */
  register(announcement: BackendSpec): { readonly backend: Backend; readonly isNew: boolean } {
    const admitted = this.admit(announcement);
    this.store.save(admitted.backend);
    return admitted;
  }

  private admit(announcement: BackendSpec): { readonly backend: Backend; readonly isNew: boolean } {
    // A backend whose drain is complete has left, and registers as a new one.
    this.completeDrains();
    const known = this.index.find(announcement.id);
    const there = this.index.atAddress(announcement.url);
    if (known) {
      if (there && there !== known) this.forget(there.id, `its address was taken over by ${announcement.id}`);
      return { backend: this.update(known, announcement), isNew: false };
    }
    if (there) return { backend: this.rename(there, announcement), isNew: false };

    const slot = this.slots.acquire();
    if (slot === undefined) throw new FleetFullError(this.config.MAX_BACKENDS);
    const backend = newBackend(announcement, slot, monotonicSeconds());
    this.add(backend, `registered ${backend.url}`);
    return { backend, isNew: true };
  }

  private restore(stored: StoredBackend): void {
    const slot = this.slots.acquire();
    if (slot === undefined) {
      this.logger.warn(`backend ${stored.id} is not restored: MAX_BACKENDS is ${this.config.MAX_BACKENDS}`);
      return;
    }
    const backend = restoredBackend(stored, slot, monotonicSeconds());
    this.add(backend, backend.reason);
  }

  private add(backend: BackendRecord, reason: string): void {
    this.index.add(backend);
    this.events.recordTransition(backend.id, null, stateOf(backend), reason);
    this.publish();
    this.notifyProbeNeeded(backend);
  }

  /** All backends, sorted by id. */
  list(): readonly Backend[] {
    return this.index.sorted();
  }

  /** @throws {UnknownBackendError} */
  get(id: string): Backend {
    return this.index.get(id);
  }

  atSlot(slot: number): Backend | undefined {
    return this.index.atSlot(slot);
  }

  /** Lets the lease run anew. @throws {UnknownBackendError} @throws {NoLeaseError} */
  renew(id: string): Backend {
    const backend = this.index.get(id);
    if (backend.leaseSeconds === undefined) throw new NoLeaseError(id);
    backend.leaseEndsAt = leaseEnd(backend, monotonicSeconds());
    return backend;
  }

  slowStart({ startedAt }: FleetBackend, now: number): number {
    return this.snapshots.slowStart(startedAt, now);
  }

  /**
   * No new request goes there once this resolves; those in flight have `withinSeconds` to end.
   *
   * @throws {UnknownBackendError}
   */
  async drain(id: string, withinSeconds?: number): Promise<Backend> {
    const backend = this.index.get(id);
    const from = stateOf(backend);
    if (backend.draining) this.drains.setDeadline(backend, withinSeconds);
    else {
      this.drains.start(backend, 'pause', withinSeconds ?? this.config.DRAIN_TIMEOUT_SECONDS);
      this.onTransition(backend, from, 'drain requested');
      this.store.save(backend);
    }
    await this.acknowledgement.whenAcknowledged();
    this.completeDrains();
    return backend;
  }

  /** Takes a drained or leaving backend back. @throws {UnknownBackendError} */
  resume(id: string): Backend {
    const backend = this.index.get(id);
    if (backend.draining) {
      backend.draining = undefined;
      this.onTransition(backend, 'draining', 'resumed');
      this.store.save(backend);
    }
    return backend;
  }

  /**
   * Takes a backend out of the fleet when its exchanges have ended, for which they have `withinSeconds`. No new request
   * goes there once this resolves: with the backend if it is still draining, with undefined when it is gone.
   *
   * @throws {UnknownBackendError}
   */
  async leave(id: string, withinSeconds = this.config.DRAIN_TIMEOUT_SECONDS): Promise<Backend | undefined> {
    const backend = this.index.get(id);
    const from = stateOf(backend);
    // Forgotten now and not when it is gone: by then it may have registered with the process that comes next.
    this.store.remove(id);
    this.drains.start(backend, 'leave', withinSeconds);
    this.onTransition(backend, from, 'leaving');
    await this.acknowledgement.whenAcknowledged();
    this.completeDrains();
    return this.index.atSlot(backend.slot) === backend ? backend : undefined;
  }

  /**
   * Takes a backend out of the fleet at once; its exchanges go on. No new one begins once this resolves.
   *
   * @throws {UnknownBackendError}
   */
  async leaveNow(id: string): Promise<void> {
    this.forget(id, 'left at once');
    await this.acknowledgement.whenAcknowledged();
  }

  observe(seen: FleetBackend, { what, reason, evidence, incarnation, retriesWaiting }: BackendObservation): void {
    const backend = this.index.atSlot(seen.slot);
    if (!backend || backend !== seen || (incarnation ?? backend.incarnation) !== backend.incarnation) return;
    if (what === 'outlier' && !this.ejections.mayEject(backend, [...this.index])) {
      this.ejections.recordSkipped(backend, reason, evidence);
      return;
    }
    const from = stateOf(backend);
    const before = backend.health.state;
    const { PING_RISE: rise, PING_FALL: fall } = this.config;
    const { health, flipped } = observe(backend.health, what, { rise, fall });
    backend.health = health;
    if (!flipped) return;
    if (health.state === 'ejected') this.ejections.start(backend);
    if (health.state === 'up' && before !== 'suspect') restart(backend, monotonicSeconds());
    if (!backend.draining) this.onTransition(backend, from, reason, evidence);
    if (health.state === 'suspect' || health.state === 'down') this.notifyProbeNeeded(backend);
    const isSilent = health.state === 'down' ? !health.isResponsive : health.state === 'ejected' && retriesWaiting;
    if (isSilent) this.notify(({ disconnect }) => disconnect?.(backend.slot, 'retryable'));
  }

  requestProbe(seen: FleetBackend): void {
    const backend = this.index.atSlot(seen.slot);
    if (backend === seen && backend.health.state === 'up') this.notifyProbeNeeded(backend);
  }

  /** Completes and expires drains, removes backends whose lease has lapsed, and ends ejections. */
  sweep(): void {
    this.completeDrains();
    const lapsed = this.areLeasesHeld ? [] : this.selfPreservation.lapsed(this.list(), monotonicSeconds());
    for (const { id, leaseSeconds } of lapsed) {
      this.forget(id, `lease lapsed: not renewed for ${leaseSeconds} s`);
    }
    for (const backend of this.ejections.expired(this.index)) {
      this.observe(backend, { what: 'ejection-over', reason: `ejection ${backend.ejections} is over` });
    }
  }

  private update(backend: BackendRecord, announcement: BackendSpec): Backend {
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
    this.onTransition(backend, from, hasMoved ? `registered again at ${backend.url}` : 'registered again');
    this.notifyProbeNeeded(backend);
    return backend;
  }

  private rename(backend: BackendRecord, announcement: BackendSpec): Backend {
    const oldId = backend.id;
    this.store.remove(oldId);
    this.index.rename(backend, announcement.id);
    this.events.recordBackendEvent('renamed', announcement.id, stateOf(backend), `was known as ${oldId}`);
    return this.update(backend, announcement);
  }

  /** Also expires drains whose deadline has passed. */
  private completeDrains(): void {
    for (const { id } of this.drains.completeFinished(this.index)) this.remove(id, 'left, nothing in flight');
  }

  /** Out of the fleet, and not to be restored. */
  private forget(id: string, reason: string): void {
    this.remove(id, reason);
    this.store.remove(id);
  }

  private remove(id: string, reason: string): void {
    const backend = this.index.get(id);
    this.index.remove(backend);
    this.events.recordTransition(id, stateOf(backend), 'gone', reason);
    this.publish();
    this.slots.release(backend.slot);
  }

  private onTransition(backend: BackendRecord, from: BackendState, reason: string, evidence?: Evidence): void {
    backend.since = new Date();
    backend.reason = reason;
    const to = stateOf(backend);
    if (to !== from) this.events.recordTransition(backend.id, from, to, reason, evidence);
    this.publish();
  }

  private publish(): void {
    this.snapshot = this.snapshots.build([...this.index]);
    this.acknowledgement.publish();
  }

  private notifyProbeNeeded(backend: Backend): void {
    this.notify(({ probeNeeded }) => probeNeeded?.(backend));
  }

  private notify(say: (listener: RegistryListener) => void): void {
    for (const listener of this.listeners) say(listener);
  }
}
