// The cluster of a balancer that has a registry of its own: this balancer alone.
import type { ClusterView } from '@fairlead/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig, balancerIdOf } from '../config/balancer.config.js';
import { VERSION } from '../config/version.js';
import { RegistryStore } from '../registry/store/registry-store.js';
import { StoredFleet } from '../registry/store/stored-fleet.js';
import { ClusterStatus } from './cluster-status.js';
import { ControlAddress } from './control-address.js';
import { OwnBackends } from './own-backends.js';

@Injectable()
export class OwnClusterStatus extends ClusterStatus {
  private readonly startedAt = new Date(Date.now() - process.uptime() * 1000).toISOString();

  constructor(
    private readonly store: RegistryStore,
    private readonly stored: StoredFleet,
    private readonly backends: OwnBackends,
    private readonly address: ControlAddress,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    super();
  }

  async read(): Promise<ClusterView> {
    const { startedAt, store, stored } = this;
    const id = balancerIdOf(this.config);
    const { state, since, reason = null } = stored.changes.ownState;
    return {
      cluster: this.config.CLUSTER_ID,
      balancer: id,
      registry: {
        name: store.name,
        isShared: false,
        state,
        since: since.toISOString(),
        reason,
        confirmedSecondsAgo: null,
        latencyMs: null,
        pendingChanges: stored.changes.size,
        unusableRecords: stored.contents.unusable.map(({ id: backend, problem, reason }) => ({
          id: backend,
          problem,
          reason,
        })),
      },
      balancers: [
        {
          id,
          version: VERSION,
          address: this.address.text,
          since: startedAt,
          lastSeenSecondsAgo: 0,
          isLive: true,
          backends: this.backends.read(),
        },
      ],
    };
  }
}
