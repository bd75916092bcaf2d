// How this balancer sees each backend: what it tells the others of the cluster.
import type { BalancerView } from '@fairlead/contracts';
import { LoadTable } from '@fairlead/scheduling';
import { Injectable } from '@nestjs/common';
import { stateOf, type Backend } from '../registry/backend.js';
import { RegistryService } from '../registry/registry.service.js';

@Injectable()
export class OwnBackends {
  constructor(
    private readonly registry: RegistryService,
    private readonly table: LoadTable,
  ) {}

  /** Those that drain, with what is still in flight there. */
  draining(): BalancerView['backends'] {
    return this.registry.draining().map((backend) => this.viewOf(backend));
  }

  /** Sorted by id. */
  read(): BalancerView['backends'] {
    return this.registry.list().map((backend) => this.viewOf(backend));
  }

  private viewOf(backend: Backend): BalancerView['backends'][number] {
    return { id: backend.id, state: stateOf(backend), inFlight: this.table.active(backend.slot) };
  }
}
