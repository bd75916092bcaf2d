// `/health/live`: this process answers. `/health/ready`: it also has fresh readings of the balancer to show.
import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { FleetStream } from '../live/fleet.stream.js';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly feed: FleetStream,
  ) {}

  @Get('live')
  @HealthCheck()
  live() {
    return this.health.check([]);
  }

  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.balancer()]);
  }

  private balancer() {
    const indicator = this.indicators.check('balancer');
    if (this.feed.away) return indicator.down({ ...this.feed.away });
    if (this.feed.metrics?.status === 'degraded') return indicator.degraded('no backend is up');
    if (this.feed.metrics?.status === 'panic') return indicator.degraded('too few backends are up, others serve too');
    return indicator.up();
  }
}
