// The Nest module of the balancer: RegistryService holds the fleet, DrfScheduler places requests, PingAckCron probes
// the backends, and DataPlane serves clients.
import { LoadTable } from '@fairlead/scheduling';
import { Module } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { APP_GUARD } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TerminusModule } from '@nestjs/terminus';
import { AccessControl } from './access/access-control.js';
import { AccessTokens } from './access/access-tokens.js';
import { RoleGuard } from './access/required-role.js';
import { ClusterStatus } from './cluster/cluster-status.js';
import { ControlAddress } from './cluster/control-address.js';
import { Membership } from './cluster/membership.js';
import { BALANCER_DIRECTORY, Peers } from './cluster/peers.js';
import { directoryOf } from './cluster/redis-directory.js';
import { StoreLeases } from './cluster/store-leases.js';
import { StoreLink } from './cluster/store-link.js';
import { ThisBalancer } from './cluster/this-balancer.js';
import { ClusterController } from './control-plane/cluster.controller.js';
import { EventsController } from './control-plane/events.controller.js';
import { ExplainService } from './control-plane/explain.service.js';
import { PoolsController } from './control-plane/pools.controller.js';
import { ConfigurationController } from './control-plane/configuration/configuration.controller.js';
import { ConfigurationReloads } from './control-plane/configuration/configuration-reloads.js';
import { PlacementController } from './control-plane/placement.controller.js';
import { balancerConfig, balancerIdOf } from './config/balancer.config.js';
import { dataPlaneProviders, foundations } from './data-plane/data-plane.providers.js';
import { DataPlane } from './data-plane/data-plane.js';
import { ClientTable } from './data-plane/limits/client-table.js';
import { LocalDataPlane } from './data-plane/local-data-plane.js';
import { AddressWarnings } from './data-plane/request/address-warnings.js';
import { LATENT_LINK } from './placement/latent/latent-link.js';
import { LATENT_MODEL, LatentModel, latentResources } from './placement/latent/latent-model.js';
import { LatentModelFeed } from './placement/latent/latent-model-feed.js';
import { LocalLatentLink } from './placement/latent/local-latent-link.js';
import { KnowledgeSharing } from './placement/sharing/knowledge-sharing.js';
import { HealthController } from './control-plane/health.controller.js';
import { DnsDiscovery } from './discovery/dns-discovery.js';
import { StaticBackends } from './discovery/static-backends.js';
import { OutlierDetector } from './health-checks/outlier-detector.js';
import { PingAckCron } from './health-checks/ping-ack.cron.js';
import { HealthProbe } from './health-checks/probe.js';
import { RecheckScheduler } from './health-checks/recheck-scheduler.js';
import { MachinesController } from './control-plane/machines.controller.js';
import { MetricsController } from './control-plane/metrics.controller.js';
import { LoadHistory } from './metrics/load-history.js';
import { MetricsService } from './metrics/metrics.service.js';
import { Refusals } from './control-plane/refusals.js';
import { Prometheus } from './metrics/prometheus/prometheus.js';
import { RequestTable } from './metrics/request-table.js';
import { ClusterFacts } from './registry/snapshot/cluster-facts.js';
import { Fleet } from './registry/snapshot/fleet.js';
import { EventLog } from './registry/event-log.js';
import { RegistrySweeper } from './registry/registry-sweeper.js';
import { OriginalProtocolController } from './control-plane/registration/original-protocol.controller.js';
import { BackendAccess, backendAccess } from './net/backend-access.js';
import { BackendViews } from './control-plane/registration/backend-views.js';
import { BackendsController } from './control-plane/registration/backends.controller.js';
import { ConfiguredBackends } from './registry/configured-backends.js';
import { RegistryStore } from './registry/store/registry-store.js';
import { journalOf, storeOf } from './registry/store/configured-store.js';
import { StoredFleet } from './registry/store/stored-fleet.js';
import { RegistryService } from './registry/registry.service.js';
import { BackendCertificateFiles } from './tls/backend-certificate-files.js';
import { BackendCredentials } from './tls/backend-credentials.js';
import { DataPlaneCertificates } from './tls/data-plane-certificates.js';
import { CertificatesInUse } from './tls/certificates-in-use.js';
import { ControlPlaneCertificate } from './tls/control-plane-certificate.js';
import { ServerCredentials } from './tls/server-credentials.js';
import { SharedState } from './threads/shared-state.js';
import { WorkerSupervisor } from './threads/worker-supervisor.js';
import { INITIAL_TRAFFIC } from './traffic-config/current-traffic.js';
import { ReloadStatus } from './traffic-config/reload-status.js';
import { TrafficFile } from './traffic-config/traffic-file.js';

const requestTable = {
  provide: RequestTable,
  inject: [balancerConfig.KEY],
  useFactory: ({ DATA_PLANE_THREADS }: ConfigType<typeof balancerConfig>) =>
    new RequestTable(Math.max(1, DATA_PLANE_THREADS)),
};

const loadTable = {
  provide: LoadTable,
  inject: [balancerConfig.KEY],
  useFactory: (config: ConfigType<typeof balancerConfig>) =>
    new LoadTable({
      resourceCount: config.RESOURCES.size,
      slotCount: config.MAX_BACKENDS,
      writerCount: Math.max(1, config.DATA_PLANE_THREADS),
      latentCount: latentResources(config),
    }),
};

const latentModel = {
  provide: LATENT_MODEL,
  inject: [LoadTable, balancerConfig.KEY],
  useFactory: (table: LoadTable, config: ConfigType<typeof balancerConfig>) =>
    latentResources(config) === 0 ? undefined : new LatentModel(table, config),
};

const latentLink = {
  provide: LATENT_LINK,
  inject: [LATENT_MODEL, balancerConfig.KEY],
  useFactory: (model: LatentModel | undefined, { DATA_PLANE_THREADS }: ConfigType<typeof balancerConfig>) =>
    model && new LocalLatentLink(model, DATA_PLANE_THREADS === 0 ? 0 : undefined),
};

const clientTable = {
  provide: ClientTable,
  inject: [balancerConfig.KEY],
  useFactory: ({ DATA_PLANE_THREADS }: ConfigType<typeof balancerConfig>) =>
    new ClientTable(Math.max(1, DATA_PLANE_THREADS)),
};

/** With DATA_PLANE_THREADS=0 the main thread serves clients. Otherwise its scheduler only explains placements. */
const dataPlane = {
  provide: DataPlane,
  inject: [LocalDataPlane, RegistryService, SharedState, balancerConfig.KEY],
  useFactory: (
    local: LocalDataPlane,
    service: RegistryService,
    shared: SharedState,
    config: ConfigType<typeof balancerConfig>,
  ) => (config.DATA_PLANE_THREADS === 0 ? local : new WorkerSupervisor(service, shared, config)),
};

/** Factories, because Nest would inject the optional buffers of the classes. */
const addressWarnings = { provide: AddressWarnings, useFactory: () => new AddressWarnings() };
const clusterFacts = { provide: ClusterFacts, useFactory: () => new ClusterFacts() };
const fleet = { provide: Fleet, useExisting: RegistryService };

const backendAddresses = { provide: BackendAccess, useValue: backendAccess };
const registryStore = { provide: RegistryStore, inject: [balancerConfig.KEY], useFactory: storeOf };
const storedFleet = {
  provide: StoredFleet,
  inject: [RegistryStore, balancerConfig.KEY],
  useFactory: (store: RegistryStore, config: ConfigType<typeof balancerConfig>) =>
    StoredFleet.open(store, balancerIdOf(config), journalOf(config)),
};
const registry = [registryStore, storedFleet, RegistryService, EventLog, backendAddresses, RegistrySweeper];
const balancerDirectory = {
  provide: BALANCER_DIRECTORY,
  inject: [StoredFleet, balancerConfig.KEY],
  useFactory: ({ instance }: StoredFleet, config: ConfigType<typeof balancerConfig>) => directoryOf(config, instance),
};
const cluster = [
  ControlAddress,
  ThisBalancer,
  StoreLink,
  StoreLeases,
  Peers,
  Membership,
  balancerDirectory,
  ClusterStatus,
];
const health = [PingAckCron, HealthProbe, RecheckScheduler, OutlierDetector];
const shared = [
  loadTable,
  latentModel,
  latentLink,
  LatentModelFeed,
  KnowledgeSharing,
  requestTable,
  clientTable,
  addressWarnings,
  clusterFacts,
  SharedState,
];
const serving = [...shared, fleet, dataPlane, ...dataPlaneProviders];
const dataPlaneCredentials = { provide: ServerCredentials, useExisting: DataPlaneCertificates };
const backendCredentials = { provide: BackendCredentials, useExisting: BackendCertificateFiles };
const credentials = [DataPlaneCertificates, dataPlaneCredentials, BackendCertificateFiles, backendCredentials];
const tls = [...credentials, ControlPlaneCertificate, CertificatesInUse];
const access = [AccessTokens, AccessControl, { provide: APP_GUARD, useClass: RoleGuard }];
const initialTraffic = {
  provide: INITIAL_TRAFFIC,
  inject: [TrafficFile],
  useFactory: (file: TrafficFile) => file.require(),
};
const configured = [ConfiguredBackends, StaticBackends, DnsDiscovery];
const trafficConfig = [TrafficFile, initialTraffic, ReloadStatus, ConfigurationReloads, ...configured];
const metrics = [MetricsService, LoadHistory, Prometheus];

@Module({
  imports: [...foundations, ScheduleModule.forRoot(), TerminusModule.forRoot({ logger: false })],
  controllers: [
    BackendsController,
    PoolsController,
    OriginalProtocolController,
    PlacementController,
    MachinesController,
    EventsController,
    MetricsController,
    HealthController,
    ConfigurationController,
    ClusterController,
  ],
  providers: [
    ExplainService,
    BackendViews,
    Refusals,
    ...registry,
    ...cluster,
    ...health,
    ...serving,
    ...tls,
    ...access,
    ...metrics,
    ...trafficConfig,
  ],
})
export class BalancerModule {}
