// What the balancer believes of its backends, and by which model.
import { machineListSchema, type MachineList } from '@fairlead/contracts';
import { LoadTable, type LatentTable } from '@fairlead/scheduling';
import { Controller, Get, Inject } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { ApiOperation, ApiResponse, ApiTags } from '../api-description/decorators.js';
import { RequiredRole } from '../access/required-role.js';
import { balancerConfig } from '../config/balancer.config.js';
import { DemandLearning } from '../placement/demand-learning.js';
import { machineBelief, usualCapacity } from '../placement/latent/beliefs.js';
import { Speeds } from '../placement/latent/speeds.js';
import { KnowledgeSharing } from '../placement/sharing/knowledge-sharing.js';
import type { Backend } from '../registry/backend.js';
import { RegistryService } from '../registry/registry.service.js';

@ApiTags('placement')
@Controller('api/v1/machines')
@RequiredRole('read')
export class MachinesController {
  constructor(
    private readonly registry: RegistryService,
    private readonly learning: DemandLearning,
    private readonly loads: LoadTable,
    private readonly sharing: KnowledgeSharing,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  @Get()
  @ApiOperation({ summary: 'How fast each backend is believed to be, how certain that is, and by which model' })
  @ApiResponse({ status: 200, standardSchema: machineListSchema, description: 'The model and the backends' })
  list(): MachineList {
    const table = this.learning.latent?.believedTable;
    const backends = this.registry.list();
    const declared = backends.map(({ capacity }) => capacity);
    const usual = usualCapacity(declared, this.config.RESOURCES.size);
    const speeds = table && new Speeds(table, usual);
    return {
      model: table?.model ?? 'declared',
      fit: table ? fitOf(table) : null,
      machines: backends.map((backend) => this.viewOf(backend, table, speeds)),
    };
  }

  private viewOf(
    backend: Backend,
    table: LatentTable | undefined,
    speeds: Speeds | undefined,
  ): MachineList['machines'][number] {
    const { id, pool, slot, capacity } = backend;
    const assumed = this.registry.snapshots.capacityOf(backend);
    const latent = table ? machineBelief(table, slot) : null;
    return {
      id,
      pool,
      declared: capacity ? this.config.RESOURCES.amountsOf(capacity) : null,
      speed: speeds?.of(slot, assumed) ?? this.loads.speed(slot),
      latent,
      adoptedFrom: latent && latent.adoptedSamples > 0 ? this.sharing.sourcesOfMachine(id) : [],
    };
  }
}

function fitOf({ rank, loss, exploration, version }: LatentTable): MachineList['fit'] {
  return { rank, loss: Number.isNaN(loss) ? null : loss, exploration, version };
}
