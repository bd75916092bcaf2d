// What this balancer says of itself, and of how it sees each backend.
import type { BalancerView } from '@fairlead/contracts';
import { LoadTable } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig, balancerIdOf } from '../config/balancer.config.js';
import { VERSION } from '../config/version.js';
import { stateOf, type Backend } from '../registry/backend.js';
import { RegistryService } from '../registry/registry.service.js';
import { ControlAddress } from './control-address.js';

@Injectable()
export class ThisBalancer {
  readonly id: string;
  private readonly since = new Date(Date.now() - process.uptime() * 1000).toISOString();

  constructor(
    private readonly registry: RegistryService,
    private readonly table: LoadTable,
    private readonly address: ControlAddress,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.id = balancerIdOf(config);
  }

  /** Who and where it is, and since when it runs. */
  get facts(): Pick<BalancerView, 'id' | 'version' | 'address' | 'since'> {
    return { id: this.id, version: VERSION, address: this.address.text, since: this.since };
  }

  /** As the API shows it. */
  get view(): BalancerView {
    return { ...this.facts, lastSeenSecondsAgo: 0, isLive: true, backends: this.backends() };
  }

  /** The backends as it sees them, sorted by id. */
  backends(): BalancerView['backends'] {
    return this.registry.list().map((backend) => this.viewOf(backend));
  }

  /** Those that drain, with what is still in flight there. */
  draining(): BalancerView['backends'] {
    return this.registry.draining().map((backend) => this.viewOf(backend));
  }

  private viewOf(backend: Backend): BalancerView['backends'][number] {
    return { id: backend.id, state: stateOf(backend), inFlight: this.table.active(backend.slot) };
  }
}
