// The leases of backends in a shared store, by its clock: renewals are gathered and sent together, and what has lapsed is
// removed by the first balancer that sees it.
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { RegistryService } from '../registry/registry.service.js';
import type { Renewal } from '../registry/store/registry-store.js';
import { StoredFleet } from '../registry/store/stored-fleet.js';
import { StoreLink } from './store-link.js';

/** How often renewals are sent, milliseconds. */
const SEND_MS = 250;
/** How often lapsed leases are looked for, milliseconds. */
const LOOK_MS = 1_000;
/** After the store was away, the renewals of all balancers get there before anything lapses. Milliseconds. */
const GRACE_MS = 1_500;

@Injectable()
export class StoreLeases implements OnApplicationBootstrap, OnModuleDestroy {
  /** What is still to be sent, by id. */
  private renewals = new Map<string, Renewal>();
  private timers: NodeJS.Timeout[] = [];
  private isSending = false;
  private isLooking = false;

  constructor(
    private readonly stored: StoredFleet,
    private readonly registry: RegistryService,
    private readonly link: StoreLink,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.stored.isShared) return;
    const every = (ms: number, task: () => Promise<void>) => setInterval(() => void task(), ms).unref();
    this.timers = [every(SEND_MS, () => this.send()), every(LOOK_MS, () => this.look())];
  }

  onModuleDestroy(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  /** Renews the lease of a backend. No caller waits for the store: while that is away, no lease lapses. */
  renew(id: string, leaseSeconds: number | undefined): void {
    const incarnation = this.stored.changes.known.findIncarnation(id);
    if (!this.stored.isShared || incarnation === undefined || leaseSeconds === undefined) return;
    this.renewals.set(id, { id, incarnation, leaseSeconds });
  }

  private async send(): Promise<void> {
    if (this.isSending || this.renewals.size === 0 || !this.link.isCurrent) return;
    const { renewals } = this;
    this.renewals = new Map();
    this.isSending = true;
    try {
      await this.stored.store.renew([...renewals.values()]);
    } catch (error) {
      this.renewals = new Map([...renewals, ...this.renewals]);
      this.link.fail(error);
    } finally {
      this.isSending = false;
    }
  }

  private async look(): Promise<void> {
    const isSettled = performance.now() - this.link.returnedAtMs > GRACE_MS;
    if (this.isLooking || !this.link.isCurrent || !isSettled) return;
    this.isLooking = true;
    try {
      const { store } = this.stored;
      const { ids, leased } = await store.lapsed();
      if (ids.length === 0 || this.registry.selfPreservation.keepsLapsed(ids.length, leased)) return;
      const { known } = this.stored.changes;
      const versions = new Map(ids.map((id) => [id, known.versionOf(id)]));
      for (const id of await store.removeLapsed(ids)) this.drop(id, versions.get(id) ?? 0);
    } catch (error) {
      this.link.fail(error);
    } finally {
      this.isLooking = false;
    }
  }

  /** What this balancer has changed in the store, the store does not tell it again. */
  private drop(id: string, version: number): void {
    const seconds = this.registry.list().find((backend) => backend.id === id)?.leaseSeconds;
    const { replicas } = this.registry;
    this.stored.changes.known.note(id, Infinity);
    replicas.drop(id, version, `lease lapsed: not renewed for ${seconds} s`);
  }
}
