// Metrics as JSON for the dashboard and as text for Prometheus, and the log of the last requests.
import { fleetMetricsSchema, requestLogSchema, type FleetMetrics, type RequestRecord } from '@fairlead/contracts';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { DataPlane } from '../data-plane/data-plane.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { Prometheus } from '../metrics/prometheus.js';

@ApiTags('metrics')
@Controller()
export class MetricsController {
  constructor(
    private readonly metrics: MetricsService,
    private readonly prometheus: Prometheus,
    private readonly plane: DataPlane,
  ) {}

  @Get('api/v1/metrics')
  @ApiOperation({ summary: 'Load and totals of the fleet and of each backend, with the newest events' })
  @ApiResponse({ status: 200, standardSchema: fleetMetricsSchema, description: 'Read at one moment' })
  json(): FleetMetrics {
    return this.metrics.read();
  }

  @Get('api/v1/requests')
  @ApiOperation({ summary: 'The last 200 requests, newest first' })
  @ApiResponse({ status: 200, standardSchema: requestLogSchema, description: 'The last requests' })
  async requests(): Promise<{ requests: RequestRecord[] }> {
    return { requests: await this.plane.requests() };
  }

  @Get('metrics')
  @ApiOperation({ summary: 'The same metrics in the Prometheus text format' })
  @ApiProduces('text/plain')
  @ApiResponse({ status: 200, description: 'Prometheus exposition format 0.0.4' })
  async text(@Res() response: Response): Promise<void> {
    response.type(this.prometheus.contentType).send(await this.prometheus.read());
  }
}
