// The balancer: RegistryService knows the fleet, DrfScheduler chooses, PingAckCron verifies, ProxyServer serves.
import { logSettings } from '@fairlead/configuration';
import { LoadTable } from '@fairlead/scheduling';
import { Module } from '@nestjs/common';
import { ConfigModule, type ConfigType } from '@nestjs/config';
import { ScheduleModule } from '@nestjs/schedule';
import { TerminusModule } from '@nestjs/terminus';
import { LoggerModule } from 'nestjs-pino';
import { EventsController } from './admin/events.controller.js';
import { ExplainService } from './admin/explain.service.js';
import { PlacementController } from './admin/placement.controller.js';
import { balancerConfig } from './config/balancer.config.js';
import { ClientRequests } from './data-plane/client-request.js';
import { ExchangeDesk } from './data-plane/exchange-desk.js';
import { FastLane } from './data-plane/fast-lane.js';
import { FullLane } from './data-plane/full-lane.js';
import { FullLaneServer } from './data-plane/full-lane-server.js';
import { ProxyServer } from './data-plane/proxy-server.js';
import { UpgradeLane } from './data-plane/upgrade-lane.js';
import { HealthController } from './health/health.controller.js';
import { OutlierDetector } from './health/outlier-detector.js';
import { PingAckCron } from './health/ping-ack.cron.js';
import { PingClient } from './health/ping-client.js';
import { Rechecks } from './health/rechecks.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { MetricsService } from './metrics/metrics.service.js';
import { Prometheus } from './metrics/prometheus.js';
import { RequestLog } from './metrics/request-log.js';
import { FleetEvents } from './registry/fleet-events.js';
import { LeaseSweeper } from './registry/lease-sweeper.js';
import { OriginalProtocolController } from './registry/original-protocol.controller.js';
import { OwnAddresses } from './registry/own-addresses.js';
import { RegistrationController } from './registry/registration.controller.js';
import { RegistryStore } from './registry/registry-store.js';
import { RegistryService } from './registry/registry.service.js';
import { AffinityKeys } from './scheduling/affinity-keys.js';
import { DemandClassifier } from './scheduling/demand-classifier.js';
import { DemandLearning } from './scheduling/demand-learning.js';
import { DrfScheduler } from './scheduling/drf.scheduler.js';

const loadTable = {
  provide: LoadTable,
  inject: [balancerConfig.KEY],
  useFactory: ({ RESOURCES, MAX_BACKENDS }: ConfigType<typeof balancerConfig>) =>
    new LoadTable({ resourceCount: RESOURCES.size, slotCount: MAX_BACKENDS, writerCount: 1 }),
};

const registry = [RegistryService, RegistryStore, FleetEvents, OwnAddresses, LeaseSweeper];
const health = [PingAckCron, PingClient, Rechecks, OutlierDetector];
const scheduling = [loadTable, DrfScheduler, DemandClassifier, DemandLearning, AffinityKeys];
const dataPlane = [ProxyServer, FastLane, FullLane, FullLaneServer, UpgradeLane, ExchangeDesk, ClientRequests];
const metrics = [MetricsService, Prometheus, RequestLog];

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true, ignoreEnvFile: true, load: [balancerConfig] }),
    LoggerModule.forRootAsync({
      inject: [balancerConfig.KEY],
      useFactory: (config: ConfigType<typeof balancerConfig>) => logSettings('balancer', config),
    }),
    ScheduleModule.forRoot(),
    TerminusModule.forRoot({ logger: false }),
  ],
  controllers: [
    RegistrationController,
    OriginalProtocolController,
    PlacementController,
    EventsController,
    MetricsController,
    HealthController,
  ],
  providers: [ExplainService, ...registry, ...health, ...scheduling, ...dataPlane, ...metrics],
})
export class BalancerModule {}
