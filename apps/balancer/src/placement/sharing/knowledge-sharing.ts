// Shares what this balancer has learned through the registry's store: a balancer that starts knows what it knew before, and what
// the others know; and while it runs, it takes over what others know of classes and machines that it has seen little of.
import { mergeShares, type MergedShares } from '@fairlead/scheduling';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig, balancerIdOf } from '../../config/balancer.config.js';
import { RegistryService } from '../../registry/registry.service.js';
import { StoredFleet } from '../../registry/store/stored-fleet.js';
import { LATENT_MODEL, type LatentModel } from '../latent/latent-model.js';
import { isMissing, numberedBeliefs, sharedBeliefs, type Numbering } from './named-table.js';
import { ownShare } from './own-share.js';
import { encodeShare } from './share-format.js';
import { SharesInStore, type Limits } from './shares-in-store.js';

/** How often the own share is written, if it has changed. */
const WRITE_MS = 10_000;
/** How often all shares are read. */
const READ_MS = 30_000;
/** How often the model is searched for new classes and machines. */
const LOOK_MS = 1_000;

@Injectable()
export class KnowledgeSharing implements OnModuleInit, OnModuleDestroy {
  private readonly shares: SharesInStore;
  private readonly limits: Limits;
  private merged: MergedShares | undefined;
  private timers: NodeJS.Timeout[] = [];

  constructor(
    @Inject(LATENT_MODEL) private readonly model: LatentModel | undefined,
    private readonly registry: RegistryService,
    stored: StoredFleet,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.limits = { classes: config.DEMAND_CLASSES, machines: config.MAX_BACKENDS };
    this.shares = new SharesInStore(stored, balancerIdOf(config), this.limits);
  }

  /** Nest calls it before this balancer serves any request. */
  async onModuleInit(): Promise<void> {
    const { model } = this;
    if (!model) return;
    await this.shares.readFirst();
    this.merged = mergeShares(this.shares.all);
    if (this.merged) {
      model.expectClasses([...this.merged.classes.keys()].slice(0, this.limits.classes));
      this.adopt(model, this.merged);
    }
    const every = (ms: number, task: () => unknown) => setInterval(() => void task(), ms).unref();
    const [write, read] = [every(WRITE_MS, () => this.write(model)), every(READ_MS, () => this.read(model))];
    this.timers = [write, read, every(LOOK_MS, () => this.look(model))];
  }

  async onModuleDestroy(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    if (this.model) await this.write(this.model);
  }

  /** The ids of the balancers from which what is believed of a class was adopted. */
  sourcesOfClass(name: string): string[] {
    return [...(this.merged?.classes.get(name)?.from ?? [])];
  }

  /** The same of a backend. */
  sourcesOfMachine(id: string): string[] {
    return [...(this.merged?.machines.get(id)?.from ?? [])];
  }

  private async write(model: LatentModel): Promise<void> {
    const share = ownShare(model.beliefs.table, this.numbering(model), this.shares.former, this.limits);
    const text = share && encodeShare(share);
    if (text !== undefined) await this.shares.write(text);
  }

  private async read(model: LatentModel): Promise<void> {
    if (!(await this.shares.read())) return;
    const { table } = model.beliefs;
    if (table.model === 'least-requests') return;
    const own = sharedBeliefs('', table, this.numbering(model));
    // Where nothing is known here, there is nothing to compare what others know by.
    if (own.classes.size === 0 && this.merged && this.merged.rank !== table.rank) return;
    const merged = mergeShares(this.shares.all, own.classes.size > 0 ? own : undefined);
    const former = this.merged;
    this.merged = merged ?? (former && { rank: former.rank, classes: new Map(), machines: new Map() });
    if (this.merged) this.adopt(model, this.merged);
  }

  /** Applies what is known to classes and machines that were not there before. */
  private look(model: LatentModel): void {
    const { merged } = this;
    const { table } = model.beliefs;
    if (!merged || table.model === 'least-requests' || table.rank !== merged.rank) return;
    if (isMissing(merged, table, this.numbering(model))) this.adopt(model, merged);
  }

  private adopt(model: LatentModel, merged: MergedShares): void {
    model.adopt(numberedBeliefs(merged, model.beliefs.table, this.numbering(model)));
  }

  private numbering(model: LatentModel): Numbering {
    const machines = new Map(this.registry.list().map(({ id, slot }) => [id, slot]));
    return { classes: model.beliefs.numbers, machines };
  }
}
