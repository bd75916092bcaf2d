// The metrics in the Prometheus text format. They are read from the tables at each scrape, so that nothing is counted twice.
import { LoadTable } from '@fairlead/scheduling';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { Peers } from '../../cluster/peers.js';
import { StoreLink } from '../../cluster/store-link.js';
import { LATENT_MODEL, type LatentModel } from '../../placement/latent/latent-model.js';
import { EventLog } from '../../registry/event-log.js';
import { RegistryService } from '../../registry/registry.service.js';
import { StoredFleet } from '../../registry/store/stored-fleet.js';
import { CertificatesInUse } from '../../tls/certificates-in-use.js';
import { CurrentTraffic } from '../../traffic-config/current-traffic.js';
import { ReloadStatus } from '../../traffic-config/reload-status.js';
import { EventLoopMeter } from '../event-loop-meter.js';
import { LoadHistory } from '../load-history.js';
import { MetricsService } from '../metrics.service.js';
import { RequestTable } from '../request-table.js';
import { addBackendHistogram, addBackendMetrics } from './backend-metrics.js';
import { addClusterMetrics } from './cluster-metrics.js';
import { CollectedMetrics } from './collected-metrics.js';
import { addConfigurationMetrics, addTlsMetrics } from './configuration-metrics.js';
import { addFleetMetrics } from './fleet-metrics.js';
import { addPoolMetrics } from './pool-metrics.js';
import { addRequestMetrics } from './request-metrics.js';
import { addLearningMetrics } from './learning-metrics.js';
import { readBackends, type Scrape } from './scrape.js';
import { addThreadMetrics } from './thread-metrics.js';

/** How often the event loop of the main thread is read, as threads of the data plane read theirs. */
const METER_MS = 1000;

@Injectable()
export class Prometheus implements OnModuleDestroy {
  private readonly collected = new CollectedMetrics();
  private readonly meter = new EventLoopMeter();
  private readonly timer: NodeJS.Timeout;
  private mainLoop = this.meter.read();
  private readonly readBackends: () => Scrape['backends'];
  private scrape: Scrape;

  constructor(
    private readonly metrics: MetricsService,
    registry: RegistryService,
    table: LoadTable,
    requests: RequestTable,
    history: LoadHistory,
    traffic: CurrentTraffic,
    events: EventLog,
    certificates: CertificatesInUse,
    reloads: ReloadStatus,
    stored: StoredFleet,
    link: StoreLink,
    peers: Peers,
    @Inject(LATENT_MODEL) model: LatentModel | undefined,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    const { collected } = this;
    this.readBackends = () => readBackends(registry, history, table);
    this.scrape = { metrics: metrics.read(), backends: this.readBackends(), queued: {} };
    const read = () => this.scrape;
    addFleetMetrics(collected, table, events, read);
    addRequestMetrics(collected, requests, read);
    addPoolMetrics(collected, registry, traffic, read);
    addBackendMetrics(collected, read);
    if (config.METRICS_BACKEND_HISTOGRAMS) addBackendHistogram(collected, table, read);
    addThreadMetrics(collected, table, config.DATA_PLANE_THREADS, () => this.mainLoop);
    addTlsMetrics(collected, table, certificates);
    addConfigurationMetrics(collected, reloads);
    addLearningMetrics(collected, model);
    addClusterMetrics(collected, stored, link, peers);
    this.timer = setInterval(() => (this.mainLoop = this.meter.read()), METER_MS).unref();
  }

  get contentType(): string {
    return this.collected.contentType;
  }

  /** The exposition. `queued`: requests that wait for room, by pool. */
  async read(queued: Readonly<Record<string, number>>): Promise<string> {
    this.scrape = { metrics: this.metrics.read(), backends: this.readBackends(), queued };
    return this.collected.text();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.meter.stop();
  }
}
