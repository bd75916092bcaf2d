// Metrics as JSON for the dashboard and as text for Prometheus, and the log of the last requests.
import { fleetMetricsSchema, requestLogSchema, type RequestRecord } from '@fairlead/contracts';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { Response } from 'express';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '../api-description/decorators.js';
import { RequiredRole } from '../access/required-role.js';
import { monotonicSeconds } from '../clock/monotonic.js';
import { balancerConfig } from '../config/balancer.config.js';
import { DataPlane } from '../data-plane/data-plane.js';
import { CachedReading } from '../metrics/cached-reading.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { Prometheus } from '../metrics/prometheus/prometheus.js';

@ApiTags('metrics')
@Controller()
export class MetricsController {
  private readonly jsonReading: CachedReading<Buffer>;
  private readonly textReading: CachedReading<Buffer>;

  constructor(
    metrics: MetricsService,
    private readonly prometheus: Prometheus,
    private readonly plane: DataPlane,
    @Inject(balancerConfig.KEY) { METRICS_MAX_AGE_SECONDS: maxAge }: ConfigType<typeof balancerConfig>,
  ) {
    const cached = (make: () => string | Promise<string>) =>
      new CachedReading(async () => Buffer.from(await make()), maxAge, monotonicSeconds);
    this.jsonReading = cached(() => JSON.stringify(metrics.read()));
    this.textReading = cached(async () => prometheus.read(await plane.queued()));
  }

  @Get('api/v1/metrics')
  @RequiredRole('read')
  @ApiOperation({ summary: 'Load and totals of the fleet and of each backend, with the newest events' })
  @ApiResponse({
    status: 200,
    standardSchema: fleetMetricsSchema,
    description: 'Read at one moment, at most METRICS_MAX_AGE_SECONDS ago',
  })
  async json(@Res() response: Response): Promise<void> {
    response.type('application/json').send(await this.jsonReading.read());
  }

  @Get('api/v1/requests')
  @RequiredRole('read')
  @ApiOperation({ summary: 'The last 200 requests, newest first' })
  @ApiResponse({ status: 200, standardSchema: requestLogSchema, description: 'The last requests' })
  async requests(): Promise<{ requests: RequestRecord[] }> {
    return { requests: await this.plane.requests() };
  }

  @Get('metrics')
  @RequiredRole('read', { unless: 'METRICS_WITHOUT_TOKEN' })
  @ApiOperation({ summary: 'The same metrics in the Prometheus text format' })
  @ApiProduces('text/plain')
  @ApiResponse({ status: 200, description: 'Prometheus exposition format 0.0.4' })
  async text(@Res() response: Response): Promise<void> {
    response.type(this.prometheus.contentType).send(await this.textReading.read());
  }
}
