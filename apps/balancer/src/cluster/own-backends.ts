// How this balancer sees each backend: what it tells the others of the cluster.
import type { BalancerView } from '@fairlead/contracts';
import { LoadTable } from '@fairlead/scheduling';
import { Injectable } from '@nestjs/common';
import { stateOf } from '../registry/backend.js';
import { RegistryService } from '../registry/registry.service.js';

@Injectable()
export class OwnBackends {
  constructor(
    private readonly registry: RegistryService,
    private readonly table: LoadTable,
  ) {}

  /** Sorted by id. */
  read(): BalancerView['backends'] {
    return this.registry.list().map((backend) => ({
      id: backend.id,
      state: stateOf(backend),
      inFlight: this.table.active(backend.slot),
    }));
  }
}
