// Connects the model of requests and backends with the registry: what is known of backends goes in, and a change of the
// model becomes an event.
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { LatentModelName, LatentTable } from '@fairlead/scheduling';
import { EventLog } from '../../registry/event-log.js';
import { RegistryService } from '../../registry/registry.service.js';
import { ClusterFacts } from '../../registry/snapshot/cluster-facts.js';
import { LATENT_MODEL, type LatentModel } from './latent-model.js';

@Injectable()
export class LatentModelFeed implements OnModuleInit, OnModuleDestroy {
  constructor(
    @Inject(LATENT_MODEL) private readonly model: LatentModel | undefined,
    private readonly registry: RegistryService,
    private readonly events: EventLog,
    private readonly cluster: ClusterFacts,
  ) {}

  onModuleInit(): void {
    const { model, registry } = this;
    if (!model) return;
    registry.listen({
      snapshotChanged: () => this.feed(model),
      slotFreed: (slot) => model.forgetSlot(slot),
    });
    this.feed(model);
    this.follow(model);
    model.start();
  }

  onModuleDestroy(): void {
    this.model?.stop();
  }

  /** Announces each change of the model, and keeps it informed of the other balancers. */
  private follow(model: LatentModel): void {
    let former = model.beliefs.table;
    model.listen(({ table }) => {
      model.setBalancers(this.cluster.liveBalancers);
      if (table.model !== former.model) this.announce(former.model, table);
      former = table;
    });
  }

  private announce(former: LatentModelName, { model, loss, formerLoss }: LatentTable): void {
    const evidence = Object.entries({ formerLoss, loss }).filter(([, value]) => !Number.isNaN(value));
    this.events.recordFleetEvent(
      'learning-model-changed',
      `${former} → ${model}, ${Number.isNaN(loss) ? 'adopted from a share' : 'which predicts latencies better'}`,
      Object.fromEntries(evidence),
    );
  }

  private feed(model: LatentModel): void {
    model.useDeclarations(new Map(this.registry.list().map(({ slot, capacity }) => [slot, capacity])));
  }
}
