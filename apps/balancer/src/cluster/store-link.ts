// The link between this balancer and the store that it shares with others: follows what they change, finds out when the
// store is away, and brings both together when it is back.
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sharedSecondsFromMs } from '../clock/monotonic.js';
import { balancerConfig } from '../config/balancer.config.js';
import { EventLog } from '../registry/event-log.js';
import { RegistryService } from '../registry/registry.service.js';
import { ClusterFacts } from '../registry/snapshot/cluster-facts.js';
import {
  StoreEmptiedError,
  type StoreChange,
  type StoreContents,
  type Subscription,
  type UnusableRecord,
} from '../registry/store/registry-store.js';
import { StoredFleet } from '../registry/store/stored-fleet.js';
import { FleetMerge } from './fleet-merge.js';

/** How long the fleet is valid after a moment at which no change was missing, seconds. */
const VALID_SECONDS = 2;
/** How long after the begin of a try that found the store away, seconds: it is tried again more often than that. */
const AWAY_VALID_SECONDS = 5;
/** A return of the store that lasts less than this was none, milliseconds: the pause before the next one doubles. */
const STEADY_MS = 10_000;
/** Shorter than a fleet is valid while the store is away. */
const LONGEST_PAUSE_MS = 4_000;

/** Whether the store responds. */
export interface LinkState {
  readonly state: 'current' | 'away';
  readonly since: Date;
  /** What is wrong; undefined: nothing. */
  readonly reason: string | undefined;
}

@Injectable()
export class StoreLink implements OnApplicationBootstrap, OnModuleDestroy {
  state: LinkState = { state: 'current', since: new Date(), reason: undefined };
  /** The records that this balancer cannot use, by id. */
  unusable: ReadonlyMap<string, UnusableRecord>;
  /** The version up to which all changes are in use by all threads. */
  appliedVersion: number;
  /** When the store was asked for the last confirmation, a time of `performance.now()`. */
  confirmedAtMs = -Infinity;

  private readonly logger = new Logger('Registry');
  private readonly merge: FleetMerge;
  /** What was wrong since the store went away, so that each is logged once. */
  private readonly reasons = new Set<string>();
  private subscription: Subscription | undefined;
  private resyncTimer: NodeJS.Timeout | undefined;
  private isReading = false;
  private readonly closing = new AbortController();
  private readonly onChangeOfDrain: (() => void)[] = [];
  private readonly onReturnOfStore: (() => void)[] = [];
  /** How long to wait before the store is read, after it has failed soon after its return. */
  private pauseMs = 0;
  /** When the store was back last, a time of `performance.now()`. */
  returnedAtMs = -Infinity;

  constructor(
    private readonly stored: StoredFleet,
    private readonly registry: RegistryService,
    private readonly facts: ClusterFacts,
    private readonly events: EventLog,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    const { contents, changes } = stored;
    this.unusable = byId(contents.unusable);
    this.appliedVersion = contents.lastVersion;
    this.merge = new FleetMerge(registry, changes);
  }

  /** Whether several balancers use the store, and it responds. */
  get isCurrent(): boolean {
    return this.stored.isShared && this.state.state === 'current';
  }

  /** Calls `listener` when a backend began to drain or left, with another balancer, and no thread here sends it requests. */
  onDrain(listener: () => void): void {
    this.onChangeOfDrain.push(listener);
  }

  /** Calls `listener` when the store is back after it was away or emptied. */
  onReturn(listener: () => void): void {
    this.onReturnOfStore.push(listener);
  }

  onApplicationBootstrap(): void {
    const { stored } = this;
    if (!stored.isShared) return;
    stored.changes.handler = {
      onConflict: (id, conflict, kept) => this.merge.resolve(id, conflict, kept),
      onStored: (record) => this.registry.replicas.apply(record),
      onRemoved: (id) => this.registry.replicas.remove(id, 'left'),
      onFailure: (error) => this.fail(error),
    };
    this.begin(stored.contents);
    void this.confirm(stored.askedAtMs, stored.contents.lastVersion);
    this.resyncTimer = setInterval(() => void this.resync(), this.config.REGISTRY_RESYNC_SECONDS * 1000).unref();
  }

  onModuleDestroy(): void {
    this.closing.abort();
    clearInterval(this.resyncTimer);
    this.subscription?.close();
    // What is left to do is to serve the requests in flight.
    this.facts.validUntilSeconds = Infinity;
  }

  /** Something that was asked of the store has failed. */
  fail(error: unknown): void {
    if (this.closing.signal.aborted) return;
    // Without a confirmation in time, this process may have been suspended: then only a new try tells.
    const isKnown = performance.now() - this.confirmedAtMs < 1000 * VALID_SECONDS;
    if (isKnown && !(error instanceof StoreEmptiedError)) this.leaveStore(error, performance.now());
    this.subscription?.close();
    void this.read();
  }

  /** Reads everything, now and as often as it takes, and goes on from there. */
  private async read(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    const { store, changes } = this.stored;
    await this.pause(this.state.state === 'away' ? this.pauseMs : 0);
    // After a suspension, what was left of the time before it may fail the first try: then only the next one tells.
    let isTelling = sharedSecondsFromMs(performance.now()) < this.facts.validUntilSeconds;
    while (!this.closing.signal.aborted) {
      const startedAt = performance.now();
      changes.known.beginRead();
      try {
        const contents = await store.read();
        await store.check();
        if (this.closing.signal.aborted) return;
        this.begin(contents);
        this.isReading = false;
        void this.confirm(startedAt, contents.lastVersion);
        return;
      } catch (error) {
        if (isTelling) this.leaveStore(error, startedAt);
        isTelling = true;
        await this.pause(store.retryAfterMs);
      }
    }
  }

  private async pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.closing.signal }).catch(() => {});
  }

  /** Brings the fleet and the store together, and follows it from there. */
  private begin(contents: StoreContents): void {
    const { stored } = this;
    const isReturn = this.state.state === 'away' || contents.epoch !== stored.changes.epoch;
    this.unusable = byId(contents.unusable);
    this.merge.apply(contents);
    // A store that has gone back to an earlier state counts from there.
    this.appliedVersion = Math.min(this.appliedVersion, contents.lastVersion);
    this.subscription = stored.store.follow(contents.position, {
      changed: (change) => this.onChange(change),
      confirmed: (atMs, version) => void this.confirm(atMs, version),
      gap: () => void this.read(),
      failed: (error) => this.fail(error),
    });
    stored.changes.resume();
    if (!isReturn) return;
    if (this.state.state === 'away') {
      this.reasons.clear();
      this.returnedAtMs = performance.now();
      this.state = { state: 'current', since: new Date(), reason: undefined };
      this.events.recordFleetEvent('registry-back', `${stored.store.name} responds again`);
    }
    for (const listener of this.onReturnOfStore) listener();
  }

  /** The store is away, which was seen at `atMs` or later: serves on with what is known. */
  private leaveStore(error: unknown, atMs: number): void {
    const { stored, facts } = this;
    const reason = error instanceof Error ? error.message : String(error);
    facts.validUntilSeconds = sharedSecondsFromMs(atMs) + AWAY_VALID_SECONDS;
    if (!stored.changes.isAway) stored.changes.suspend();
    const isNews = !this.reasons.has(reason);
    this.reasons.add(reason);
    if (this.state.state === 'away') {
      this.state = { ...this.state, reason };
      if (isNews) this.logger.warn(reason);
      return;
    }
    const isUnsteady = performance.now() - this.returnedAtMs < STEADY_MS;
    const { retryAfterMs } = stored.store;
    this.pauseMs = isUnsteady ? Math.min(LONGEST_PAUSE_MS, Math.max(retryAfterMs, 2 * this.pauseMs)) : 0;
    this.state = { state: 'away', since: new Date(), reason };
    this.events.recordFleetEvent('registry-away', `${reason}; the fleet is served as it was known last`);
  }

  private onChange(change: StoreChange): void {
    this.merge.follow(change);
    if (change.kind === 'unusable') {
      const { record } = change;
      this.unusable = new Map(this.unusable).set(record.id, record);
    }
    const isDrain = change.kind === 'removed' || (change.kind === 'stored' && isDraining(change.record));
    if (isDrain)
      void this.registry.acknowledgement
        .whenAcknowledged()
        .then(() => this.onChangeOfDrain.forEach((listener) => listener()));
  }

  /** Nothing was missing at `atMs`. */
  private async confirm(atMs: number, version: number): Promise<void> {
    const { acknowledgement } = this.registry;
    // Not before every thread has the fleet that is confirmed.
    if (!acknowledgement.isAcknowledged) await acknowledgement.whenAcknowledged();
    this.appliedVersion = Math.max(this.appliedVersion, version);
    if (!this.isCurrent || atMs < this.confirmedAtMs) return;
    this.confirmedAtMs = atMs;
    this.facts.validUntilSeconds = sharedSecondsFromMs(atMs) + VALID_SECONDS;
  }

  /** Reads everything, for what no change has told. */
  private async resync(): Promise<void> {
    if (!this.isCurrent || this.isReading) return;
    this.subscription?.close();
    await this.read();
  }
}

function isDraining({
  isLeaving,
  backend,
}: {
  readonly isLeaving: boolean;
  readonly backend: { readonly isPaused: boolean };
}): boolean {
  return isLeaving || backend.isPaused;
}

function byId(records: readonly UnusableRecord[]): ReadonlyMap<string, UnusableRecord> {
  return new Map(records.map((record) => [record.id, record]));
}
