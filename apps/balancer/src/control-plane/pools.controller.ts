// The pools: what each is configured with, and how its backends are.
import { poolListSchema, type PoolView } from '@fairlead/contracts';
import { LoadTable } from '@fairlead/scheduling';
import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '../api-description/decorators.js';
import { RequiredRole } from '../access/required-role.js';
import { DataPlane } from '../data-plane/data-plane.js';
import { stateOf } from '../registry/backend.js';
import { RegistryService } from '../registry/registry.service.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';

@ApiTags('backends')
@Controller('api/v1/pools')
@RequiredRole('read')
export class PoolsController {
  constructor(
    private readonly registry: RegistryService,
    private readonly traffic: CurrentTraffic,
    private readonly plane: DataPlane,
    private readonly table: LoadTable,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the pools, in the order of the configuration' })
  @ApiResponse({ status: 200, standardSchema: poolListSchema, description: 'The pools' })
  async list(): Promise<{ pools: PoolView[] }> {
    const queued = await this.plane.queued();
    return { pools: this.registry.knownPools.names.map((name) => this.viewOf(name, queued[name] ?? 0)) };
  }

  private viewOf(name: string, queued: number): PoolView {
    const members = this.registry.list().filter(({ pool }) => pool === name);
    const byState = Map.groupBy(members, stateOf);
    return {
      name,
      policy: this.traffic.settingsOf(name).policy,
      configured: this.traffic.pool(name) !== undefined,
      backends: Object.fromEntries(Array.from(byState, ([state, own]) => [state, own.length])),
      inFlight: members.reduce((sum, { slot }) => sum + this.table.active(slot), 0),
      queued,
    };
  }
}
