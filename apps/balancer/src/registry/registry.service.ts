// The service registry: which backends are in the fleet, and in which state. It is the only writer of both; other parts
// report what they see of a backend here.
import { LoadTable, type HashKey } from '@fairlead/scheduling';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { monotonicSeconds } from '../clock/monotonic.js';
import { balancerConfig } from '../config/balancer.config.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { changedFacts, leaseEnd, type Backend, type BackendSpec, type Registered } from './backend.js';
import { Admission } from './admission.js';
import { BackendLifecycle } from './backend-lifecycle.js';
import { Departures } from './departures.js';
import { Drains } from './drains.js';
import { EventLog, type Actor } from './event-log.js';
import { KnownPools } from './known-pools.js';
import type { BackendIdentity, BackendIndex } from './members/backend-index.js';
import { Members } from './members/members.js';
import { Registrations } from './members/registrations.js';
import { Replicas } from './members/replicas.js';
import { withOwner, type Claimant } from './ownership.js';
import { NoLeaseError } from './registry.errors.js';
import { RegistryListeners, type RegistryListener } from './registry-listener.js';
import { SelfPreservation } from './self-preservation.js';
import type { BackendObservation } from './snapshot/backend-observation.js';
import type { Fleet, FleetBackend } from './snapshot/fleet.js';
import type { PoolSnapshots } from './snapshot/pool-snapshots.js';
import { SnapshotAcknowledgement } from './snapshot/snapshot-acknowledgement.js';
import { SnapshotBuilder } from './snapshot/snapshot-builder.js';
import { keysOfSecret, type KeptKeys } from './store/kept-keys.js';
import { StoredFleet } from './store/stored-fleet.js';

@Injectable()
export class RegistryService implements Fleet, OnModuleInit {
  pools: PoolSnapshots;
  readonly selfPreservation: SelfPreservation;
  readonly snapshots: SnapshotBuilder;
  readonly knownPools: KnownPools;
  /** What other balancers have made of the fleet. */
  readonly replicas: Replicas;
  readonly departures: Departures;
  /** Which snapshot each thread uses. */
  readonly acknowledgement = new SnapshotAcknowledgement(() => this.listeners.snapshotChanged());

  private readonly members: Members;
  private readonly index: BackendIndex;
  private readonly registrations: Registrations;
  private readonly admission: Admission;
  private readonly lifecycle: BackendLifecycle;
  private readonly listeners = new RegistryListeners();
  /** In place of those of the store. */
  private readonly configuredKeys: KeptKeys | undefined;

  constructor(
    table: LoadTable,
    private readonly events: EventLog,
    private readonly stored: StoredFleet,
    traffic: CurrentTraffic,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    const { acknowledgement, listeners } = this;
    const { changes } = stored;
    this.members = new Members({ table, acknowledgement, events, listeners, publish: () => this.publish() });
    this.index = this.members.index;
    const drains = new Drains(table, acknowledgement, events, (slot) => listeners.disconnect(slot, 'all'));
    this.lifecycle = new BackendLifecycle(events, traffic, {
      publish: () => this.publish(),
      probe: (backend) => listeners.probeNeeded(backend),
      disconnect: ({ slot }, scope) => listeners.disconnect(slot, scope),
    });
    this.registrations = new Registrations(this.members, this.lifecycle, changes, stored.isShared);
    const { members, index, registrations, lifecycle } = this;
    const { DRAIN_TIMEOUT_SECONDS: drainSeconds } = config;
    const parts = { registrations, lifecycle, drains, acknowledgement };
    this.departures = new Departures({ ...parts, index, events, stored, drainSeconds });
    this.replicas = new Replicas({ members, registrations, lifecycle, drains, changes }, config);
    this.admission = new Admission(traffic, config);
    if (config.STICKINESS_KEY !== undefined) this.configuredKeys = keysOfSecret(config.STICKINESS_KEY);
    this.selfPreservation = new SelfPreservation(events, config.SELF_PRESERVATION_RATIO);
    this.snapshots = new SnapshotBuilder(events, traffic, config.RESOURCES.size);
    this.pools = this.snapshots.build([]);
    this.knownPools = new KnownPools(this.index, traffic, events);
    traffic.listen(() => this.updatePools());
  }

  get hashKey(): HashKey {
    return (this.configuredKeys ?? this.stored.contents.keys).hash;
  }

  get cookieKey(): string {
    return (this.configuredKeys ?? this.stored.contents.keys).cookie;
  }

  /** Restores the fleet of the store, before the ports listen. */
  onModuleInit(): void {
    const { isShared, contents } = this.stored;
    if (isShared) this.replicas.applyAll(contents.records);
    else this.members.restoreAll(contents.records);
    this.updatePools();
    this.departures.complete();
  }

  /** Notifies `listener` from now on, and at once of the backends that have to be probed already. */
  listen(listener: RegistryListener): void {
    this.listeners.add(listener);
    for (const backend of this.index) if (backend.health.state !== 'up') listener.probeNeeded?.(backend);
  }

  /**
   * Adds a backend, or updates the one with the same id, or at the same address in the same pool.
   *
   * @throws {UnknownPoolError} when its pool is not configured. @throws {TakenError} when another caller owns it. @throws {FleetFullError} when the load table has no row left.
   * @throws {QuotaExceededError} when its caller has registered too much already.
   * @throws {InvalidRegistrationError} when its capacity is out of proportion. The registry is unchanged in each case.
   */
  register(spec: BackendSpec, claimant: Claimant): Registered {
    // A backend whose drain is complete has left, and registers as a new one.
    this.departures.complete();
    this.admission.check(spec, this.index, claimant);
    const known = this.index.match(spec);
    const { owned, secret } = withOwner(spec, known, claimant);
    const hadLeft = known?.draining?.purpose === 'leave';
    const registered = this.registrations.addOrUpdate(owned);
    const { backend } = registered;
    // While a store is away, another balancer may hear that it leaves, and must know that it has come back since.
    if (hadLeft || this.stored.isAway) this.stored.changes.startIncarnation(backend.id);
    this.stored.changes.save(backend);
    return { ...registered, secret };
  }

  /**
   * Adds or updates a backend that does not register: {@link ConfiguredBackends} keeps those. Nothing changes when it is a
   * member as it is. It takes the place of one that registered with the same id or address.
   *
   * @throws {FleetFullError} when the load table has no row left.
   */
  admit(spec: BackendSpec): void {
    const known = this.index.find(spec.id);
    const isLeaving = known?.draining?.purpose === 'leave';
    if (known && !isLeaving && changedFacts(known, spec).length === 0) return;
    if (known && known.source === undefined && !this.stored.isShared) {
      this.stored.changes.remove(known.id, 'it does not register any more');
    }
    this.registrations.addOrUpdate(spec);
  }

  /**
   * Resolves when the last change of a backend is stored, and at once while the store is away.
   *
   * @throws {ConflictingChangeError} when another balancer has changed the backend at the same time, and that change holds.
   * @throws {ForeignRecordError} when this balancer cannot read what the store has of it.
   */
  whenStored(id: string): Promise<void> {
    return this.stored.whenStored(id);
  }

  /** Attributes what `change` records before it returns or awaits to the caller who asked for it. */
  askedBy<Result>(actor: Actor, change: () => Result): Result {
    return this.events.attributeTo(actor, change);
  }

  /** All backends, sorted by id. */
  list(): readonly Backend[] {
    return this.index.sorted();
  }

  /** Those whose drain is not complete. */
  draining(): Backend[] {
    return [...this.index].filter(({ draining }) => draining && !draining.completedAt);
  }

  /** @throws {UnknownBackendError} */
  get(id: string): Backend {
    return this.index.get(id);
  }

  /** The backend that a registration with this identity updates. */
  find(identity: BackendIdentity): Backend | undefined {
    return this.index.match(identity);
  }

  atSlot(slot: number): Backend | undefined {
    return this.index.atSlot(slot);
  }

  /** Renews a lease from now on. @throws {UnknownBackendError} @throws {NoLeaseError} */
  renew(id: string): Backend {
    const backend = this.index.get(id);
    if (backend.leaseSeconds === undefined) throw new NoLeaseError(id);
    backend.leaseEndsAt = leaseEnd(backend, monotonicSeconds());
    return backend;
  }

  /** There is nothing to catch up with: what changes here is published at once. */
  catchUp(): void {}

  slowStart(backend: FleetBackend, now: number): number {
    return this.snapshots.slowStart(backend, now);
  }

  /** See {@link Departures.drain}. */
  drain(id: string, withinSeconds?: number): Promise<Backend> {
    return this.departures.drain(id, withinSeconds);
  }

  /** See {@link Departures.resume}. */
  resume(id: string): Backend {
    return this.departures.resume(id);
  }

  /** See {@link Departures.leave}. */
  leave(id: string, withinSeconds?: number): Promise<Backend | undefined> {
    return this.departures.leave(id, withinSeconds);
  }

  /** See {@link Departures.leaveNow}. */
  leaveNow(id: string): Promise<void> {
    return this.departures.leaveNow(id);
  }

  observe(seen: FleetBackend, observation: BackendObservation): void {
    const backend = this.index.atSlot(seen.slot);
    const { incarnation = backend?.incarnation } = observation;
    if (!backend || backend !== seen || incarnation !== backend.incarnation) return;
    this.lifecycle.observe(backend, observation, this.index);
  }

  requestProbe(seen: FleetBackend): void {
    const backend = this.index.atSlot(seen.slot);
    if (backend === seen && backend.health.state === 'up') this.listeners.probeNeeded(backend);
  }

  /** Completes and expires drains, removes backends whose lease has lapsed, and ends ejections. */
  sweep(): void {
    this.departures.complete();
    this.replicas.applyWaiting();
    // Leases of a store that is shared end by its clock.
    const fleet = this.stored.isShared ? [] : this.list();
    for (const { id, leaseSeconds } of this.selfPreservation.lapsed(fleet, monotonicSeconds())) {
      this.registrations.forget(id, `lease lapsed: not renewed for ${leaseSeconds} s`);
    }
    this.lifecycle.endEjections(this.index);
  }

  private updatePools(): void {
    this.knownPools.update();
    this.publish();
  }

  private publish(): void {
    this.pools = this.snapshots.build([...this.index]);
    this.acknowledgement.publish();
  }
}
