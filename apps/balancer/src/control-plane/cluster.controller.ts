// The cluster: the balancers that serve the fleet, what each of them sees, and the state of the registry.
import { clusterViewSchema, type ClusterView } from '@fairlead/contracts';
import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '../api-description/decorators.js';
import { RequiredRole } from '../access/required-role.js';
import { ClusterStatus } from '../cluster/cluster-status.js';

@ApiTags('cluster')
@Controller('api/v1/cluster')
@RequiredRole('read')
export class ClusterController {
  constructor(private readonly status: ClusterStatus) {}

  @Get()
  @ApiOperation({ summary: 'The balancers that serve the fleet, their views of the backends, and their registry' })
  @ApiResponse({
    status: 200,
    standardSchema: clusterViewSchema,
    description: 'As the balancer that responds knows it',
  })
  read(): Promise<ClusterView> {
    return this.status.read();
  }
}
