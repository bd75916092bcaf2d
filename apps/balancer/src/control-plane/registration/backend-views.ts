// The API's views of backends, for the caller of a request.
import type { BackendView } from '@fairlead/contracts';
import { LoadTable } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { Request } from 'express';
import { callerOf } from '../../access/caller.js';
import { monotonicSeconds } from '../../clock/monotonic.js';
import { balancerConfig } from '../../config/balancer.config.js';
import type { Backend } from '../../registry/backend.js';
import { RegistryService } from '../../registry/registry.service.js';
import { viewOf } from './backend-view.js';

@Injectable()
export class BackendViews {
  constructor(
    private readonly registry: RegistryService,
    private readonly table: LoadTable,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  /** Resolves when every thread uses the present snapshot, so that later requests are placed accordingly. */
  async of(backend: Backend, request: Request): Promise<BackendView> {
    const [view] = await this.ofAll([backend], request);
    return view;
  }

  /** Like {@link of}, of several. */
  async ofAll(backends: readonly Backend[], request: Request): Promise<BackendView[]> {
    const withDetails = callerOf(request).seesDetails;
    await this.registry.acknowledgement.whenAcknowledged();
    const { RESOURCES: resources } = this.config;
    const shared = { resources, table: this.table, now: monotonicSeconds(), withDetails };
    return backends.map((backend) => {
      const { snapshots, knownPools } = this.registry;
      const withoutRequests = knownPools.reasonAgainst(backend);
      return viewOf(backend, { ...shared, maxInFlight: snapshots.limitOf(backend), withoutRequests });
    });
  }
}
