// The cluster of balancers that share a registry.
import type { BalancerView, ClusterView, RegistryView } from '@fairlead/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig, balancerIdOf } from '../config/balancer.config.js';
import { VERSION } from '../config/version.js';
import { StoredFleet } from '../registry/store/stored-fleet.js';
import type { BalancerDirectory } from './balancer-directory.js';
import { ClusterStatus } from './cluster-status.js';
import { ControlAddress } from './control-address.js';
import { parseView } from './notice.js';
import { OwnBackends } from './own-backends.js';
import { BALANCER_DIRECTORY, Peers, type Peer } from './peers.js';
import { StoreLink } from './store-link.js';

@Injectable()
export class SharedClusterStatus extends ClusterStatus {
  /** How each balancer saw the backends when it last said so, by instance. */
  private views: ReadonlyMap<string, string> = new Map();

  constructor(
    @Inject(BALANCER_DIRECTORY) private readonly directory: BalancerDirectory | undefined,
    private readonly stored: StoredFleet,
    private readonly link: StoreLink,
    private readonly peers: Peers,
    private readonly backends: OwnBackends,
    private readonly address: ControlAddress,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    super();
  }

  async read(): Promise<ClusterView> {
    await this.readViews();
    const own: BalancerView = {
      id: balancerIdOf(this.config),
      version: VERSION,
      address: this.address.text,
      since: this.peers.startedAt.toISOString(),
      lastSeenSecondsAgo: 0,
      isLive: true,
      backends: this.backends.read(),
    };
    const balancers = [own, ...this.peers.all.map((peer) => this.viewOf(peer))];
    balancers.sort((a, b) => (a.id < b.id ? -1 : 1));
    return { cluster: this.config.CLUSTER_ID, balancer: own.id, registry: this.registry(), balancers };
  }

  private registry(): RegistryView {
    const { stored, link, peers } = this;
    const { state, since, reason = null } = link.state;
    return {
      name: stored.store.name,
      isShared: true,
      state,
      since: since.toISOString(),
      reason,
      confirmedSecondsAgo: secondsSince(link.confirmedAtMs),
      latencyMs: peers.latencyMs === undefined ? null : Math.round(peers.latencyMs * 100) / 100,
      pendingChanges: stored.changes.size,
      unusableRecords: Array.from(link.unusable.values(), ({ id, problem, reason: why }) => ({
        id,
        problem,
        reason: why,
      })).sort((a, b) => (a.id < b.id ? -1 : 1)),
    };
  }

  private viewOf(peer: Peer): BalancerView {
    const { id, version, address, since } = peer.notice;
    const backends = parseView(this.views.get(peer.instance));
    const lastSeenSecondsAgo = secondsSince(peer.seenAtMs);
    return { id, version, address, since, lastSeenSecondsAgo, isLive: this.peers.isLive(peer), backends };
  }

  private async readViews(): Promise<void> {
    if (!this.directory || !this.link.isCurrent) return;
    try {
      this.views = await this.directory.views();
    } catch (error) {
      this.link.fail(error);
    }
  }
}

function secondsSince(momentMs: number): number {
  return Math.max(0, Math.round(performance.now() - momentMs) / 1000);
}
