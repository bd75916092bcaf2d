// `/health/live`: the process responds. `/health/ready`: it also has a current reading of the balancer.
import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { FleetStream } from '../live/fleet.stream.js';

/** Without a document of its API, it need not load @nestjs/swagger, which takes a good part of a start. */
const UNDOCUMENTED = { noCache: true, swaggerDocumentation: false };

@Controller('health')
export class DashboardHealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly stream: FleetStream,
  ) {}

  @Get('live')
  @HealthCheck(UNDOCUMENTED)
  live() {
    return this.health.check([]);
  }

  @Get('ready')
  @HealthCheck(UNDOCUMENTED)
  ready() {
    return this.health.check([() => this.balancer()]);
  }

  private balancer() {
    const indicator = this.indicators.check('balancer');
    const { outage, metrics } = this.stream;
    if (outage) return indicator.down({ ...outage });
    if (metrics?.status === 'degraded') return indicator.degraded('no backend is up');
    if (metrics?.status === 'panic') {
      return indicator.degraded('too few backends are up, so unhealthy ones get requests too');
    }
    return indicator.up();
  }
}
