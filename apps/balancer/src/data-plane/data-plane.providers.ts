// What serves clients, wherever it runs: in the main thread or in each thread of the data plane. Expects a `Fleet`, a
// `LoadTable`, a `LATENT_LINK`, a `ClientTable`, `AddressWarnings`, `ClusterFacts`, `ServerCredentials` and `BackendCredentials` from the
// module that uses them.
import { logSettings } from '@fairlead/configuration';
import { LoadTable } from '@fairlead/scheduling';
import { ConfigModule, type ConfigType } from '@nestjs/config';
import { LoggerModule } from 'nestjs-pino';
import { balancerConfig } from '../config/balancer.config.js';
import { TlsAcceptor } from './handshake/tls-acceptor.js';
import { ProxyProtocol } from './request/proxy-protocol.js';
import { RequestReader } from './request/request-reader.js';
import { ClientPatrol } from './exchange/client-patrol.js';
import { ExchangeFactory } from './exchange/exchange-factory.js';
import { FastLane } from './fast-lane/lane.js';
import { FullLane } from './full-lane/lane.js';
import { FullLaneServer } from './full-lane/server.js';
import { DeadlineClock } from './io/deadline-clock.js';
import { LingeringClose } from './io/lingering-close.js';
import { ClientLimits } from './limits/client-limits.js';
import { ConnectionGate } from './limits/connection-gate.js';
import { Mirror } from './mirror/mirror.js';
import { LocalDataPlane } from './local-data-plane.js';
import { Listener } from './listener.js';
import { Routing } from './routing/routing.js';
import { Stickiness } from './stickiness/stickiness.js';
import { UpgradeLane } from './upgrade/upgrade-lane.js';
import { UpstreamConnector } from './upstream/upstream-connector.js';
import { BoundedLog } from '../metrics/bounded-log.js';
import { RequestLog } from '../metrics/request-log.js';
import { ThreadGauges } from '../metrics/thread-gauges.js';
import { AffinityKeyReader } from '../placement/affinity-key.js';
import { DemandClassifier } from '../placement/demand-classifier.js';
import { DemandLearning } from '../placement/demand-learning.js';
import { LATENT_LINK, type LatentLink } from '../placement/latent/latent-link.js';
import { LatentLearning } from '../placement/latent/latent-learning.js';
import { TrustedLearning } from '../placement/trusted-learning.js';
import { Fleet } from '../registry/snapshot/fleet.js';
import { DrfScheduler } from '../placement/drf.scheduler.js';
import { FleetValidity } from '../registry/snapshot/fleet-validity.js';
import { BackendConnector } from '../tls/backend-connector.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';

/** Configuration and log, which every thread has. */
export const foundations = [
  ConfigModule.forRoot({ isGlobal: true, ignoreEnvFile: true, load: [balancerConfig] }),
  LoggerModule.forRootAsync({
    inject: [balancerConfig.KEY],
    useFactory: (config: ConfigType<typeof balancerConfig>) => logSettings('balancer', config),
  }),
];

const learning = {
  provide: DemandLearning,
  inject: [Fleet, LoadTable, LATENT_LINK, balancerConfig.KEY],
  useFactory: (
    fleet: Fleet,
    table: LoadTable,
    link: LatentLink | undefined,
    config: ConfigType<typeof balancerConfig>,
  ) => (link ? new LatentLearning(link, fleet, table, config) : new TrustedLearning(fleet, table, config)),
};
const scheduling = [FleetValidity, DrfScheduler, DemandClassifier, learning, AffinityKeyReader];
/** One for all lanes of a thread. */
const clock = { provide: DeadlineClock, useFactory: () => new DeadlineClock() };
const lingering = {
  provide: LingeringClose,
  useFactory: (shared: DeadlineClock) => new LingeringClose(shared),
  inject: [DeadlineClock],
};
const lanes = [FastLane, FullLane, FullLaneServer, UpgradeLane];
const exchanges = [
  clock,
  lingering,
  Listener,
  TlsAcceptor,
  ExchangeFactory,
  Mirror,
  ClientPatrol,
  ProxyProtocol,
  RequestReader,
  Routing,
  Stickiness,
];
const limits = [ClientLimits, ConnectionGate];
const upstream = [BackendConnector, UpstreamConnector];

/** From the socket to the choice of a backend. */
export const dataPlaneProviders = [
  CurrentTraffic,
  LocalDataPlane,
  BoundedLog,
  RequestLog,
  ThreadGauges,
  ...scheduling,
  ...exchanges,
  ...limits,
  ...upstream,
  ...lanes,
];
