// What serves clients, wherever it runs: in the main thread or in each thread of the data plane. Expects a `Fleet` and a
// `LoadTable` beside it.
import { logSettings } from '@fairlead/configuration';
import { ConfigModule, type ConfigType } from '@nestjs/config';
import { LoggerModule } from 'nestjs-pino';
import { balancerConfig } from './config/balancer.config.js';
import { ClientRequests } from './data-plane/client-request.js';
import { ExchangeDesk } from './data-plane/exchange-desk.js';
import { FastLane } from './data-plane/fast-lane.js';
import { FullLane } from './data-plane/full-lane.js';
import { FullLaneServer } from './data-plane/full-lane-server.js';
import { LocalDataPlane } from './data-plane/local-data-plane.js';
import { ProxyServer } from './data-plane/proxy-server.js';
import { UpgradeLane } from './data-plane/upgrade-lane.js';
import { RequestLog } from './metrics/request-log.js';
import { AffinityKeys } from './placement/affinity-key.js';
import { DemandClassifier } from './placement/demand-classifier.js';
import { DemandLearning } from './placement/demand-learning.js';
import { DrfScheduler } from './placement/drf.scheduler.js';

/** Configuration and log, which every thread has. */
export const foundations = [
  ConfigModule.forRoot({ isGlobal: true, ignoreEnvFile: true, load: [balancerConfig] }),
  LoggerModule.forRootAsync({
    inject: [balancerConfig.KEY],
    useFactory: (config: ConfigType<typeof balancerConfig>) => logSettings('balancer', config),
  }),
];

const scheduling = [DrfScheduler, DemandClassifier, DemandLearning, AffinityKeys];
const lanes = [ProxyServer, FastLane, FullLane, FullLaneServer, UpgradeLane, ExchangeDesk, ClientRequests];

/** From the socket to the choice of a backend. */
export const dataPlaneProviders = [LocalDataPlane, RequestLog, ...scheduling, ...lanes];
