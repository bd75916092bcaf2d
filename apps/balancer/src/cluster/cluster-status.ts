// What the API says of the cluster: of the balancers that share a registry, or of one that has its own.
import type { BalancerView, ClusterView, RegistryView } from '@fairlead/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { StoredFleet } from '../registry/store/stored-fleet.js';
import type { BalancerDirectory } from './balancer-directory.js';
import { parseView } from './notice.js';
import { BALANCER_DIRECTORY, Peers, type Peer } from './peers.js';
import { ThisBalancer } from './this-balancer.js';
import { StoreLink } from './store-link.js';

@Injectable()
export class ClusterStatus {
  /** How each balancer saw the backends when it last said so, by instance. */
  private views: ReadonlyMap<string, string> = new Map();

  constructor(
    @Inject(BALANCER_DIRECTORY) private readonly directory: BalancerDirectory | undefined,
    private readonly stored: StoredFleet,
    private readonly link: StoreLink,
    private readonly peers: Peers,
    private readonly self: ThisBalancer,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  /** Never rejects: while a shared registry is away, this is what was last known of it. */
  async read(): Promise<ClusterView> {
    await this.readViews();
    const balancers = [this.self.view, ...this.peers.all.map((peer) => this.viewOf(peer))];
    balancers.sort((a, b) => (a.id < b.id ? -1 : 1));
    return { cluster: this.config.CLUSTER_ID, balancer: this.self.id, registry: this.registry(), balancers };
  }

  private registry(): RegistryView {
    const { stored, link, peers } = this;
    const { isShared } = stored;
    const { state, since, reason = null } = isShared ? link.state : stored.changes.ownState;
    return {
      name: stored.store.name,
      isShared,
      state,
      since: since.toISOString(),
      reason,
      confirmedSecondsAgo: Number.isFinite(link.confirmedAtMs) ? secondsSince(link.confirmedAtMs) : null,
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
