// The dashboard: a poller reads the balancer, a stream holds the latest reading, and all pages show the stream.
import { logSettings } from '@fairlead/configuration';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { TerminusModule } from '@nestjs/terminus';
import { LoggerModule } from 'nestjs-pino';
import { MetricsClient } from './balancer/metrics.client.js';
import { FleetPoller } from './balancer/fleet.poller.js';
import { dashboardConfig, type DashboardConfig } from './config/dashboard.config.js';
import { DashboardHealthController } from './health/health.controller.js';
import { EventStreamController } from './live/event-stream.controller.js';
import { FleetStream } from './live/fleet.stream.js';
import { PageController } from './pages/page.controller.js';
import { RequestLogController } from './pages/request-log.controller.js';
import { StatusController } from './pages/status.controller.js';

@Module({
  imports: [
    ConfigModule.forRoot({ load: [dashboardConfig], isGlobal: true, ignoreEnvFile: true }),
    LoggerModule.forRootAsync({
      inject: [dashboardConfig.KEY],
      useFactory: ({ log }: DashboardConfig) => logSettings('dashboard', log),
    }),
    TerminusModule.forRoot({ logger: false }),
  ],
  controllers: [
    PageController,
    EventStreamController,
    StatusController,
    RequestLogController,
    DashboardHealthController,
  ],
  providers: [MetricsClient, FleetPoller, FleetStream],
})
export class DashboardModule {}
