// Tells the model of requests and backends what the registry knows of backends.
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { RegistryService } from '../../registry/registry.service.js';
import { LATENT_MODEL, type LatentModel } from './latent-model.js';

@Injectable()
export class LatentModelFeed implements OnModuleInit, OnModuleDestroy {
  constructor(
    @Inject(LATENT_MODEL) private readonly model: LatentModel | undefined,
    private readonly registry: RegistryService,
  ) {}

  onModuleInit(): void {
    const { model, registry } = this;
    if (!model) return;
    registry.listen({
      snapshotChanged: () => this.feed(model),
      slotFreed: (slot) => model.forgetSlot(slot),
    });
    this.feed(model);
    model.start();
  }

  onModuleDestroy(): void {
    this.model?.stop();
  }

  private feed(model: LatentModel): void {
    model.useDeclarations(new Map(this.registry.list().map(({ slot, capacity }) => [slot, capacity])));
  }
}
