// Liveness and readiness of the balancer itself.
import { Controller, Get } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { ApiOperation, ApiTags, DescribedHealthCheck } from '../api-description/decorators.js';
import { NoRequiredRole } from '../access/required-role.js';
import { DataPlane } from '../data-plane/data-plane.js';
import { stateOf } from '../registry/backend.js';
import { StoreLink } from '../cluster/store-link.js';
import { StoredFleet } from '../registry/store/stored-fleet.js';
import { RegistryService } from '../registry/registry.service.js';

@ApiTags('health')
@Controller('health')
@NoRequiredRole()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly plane: DataPlane,
    private readonly registry: RegistryService,
    private readonly stored: StoredFleet,
    private readonly link: StoreLink,
  ) {}

  @Get('live')
  @DescribedHealthCheck()
  @ApiOperation({ summary: '200 while the process runs' })
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  @Get('ready')
  @DescribedHealthCheck()
  @ApiOperation({
    summary:
      '200 while the balancer accepts clients; the body shows `panic` or `degraded` when few or no backends are up, or the shared registry is away',
  })
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.dataPlane(), () => this.fleet(), ...this.sharedRegistry()]);
  }

  private dataPlane() {
    const indicator = this.indicators.check('dataPlane');
    const reason = this.plane.unreadyReason;
    return reason === undefined ? indicator.up() : indicator.down(reason);
  }

  /** Always up: without the registry, the balancer serves the fleet as it was known last. */
  private sharedRegistry() {
    if (!this.stored.isShared) return [];
    const condition = this.link.isCurrent ? 'ok' : 'degraded';
    return [() => this.indicators.check('registry').up({ condition })];
  }

  /** Always up: with an empty fleet the balancer rightly responds 503, and backends can register. */
  private fleet() {
    const up = this.registry.list().filter((backend) => stateOf(backend) === 'up').length;
    const { pools, snapshots } = this.registry;
    const condition = pools.all.size === 0 ? 'degraded' : snapshots.isPanic ? 'panic' : 'ok';
    return this.indicators.check('fleet').up({ condition, backendsUp: up });
  }
}
