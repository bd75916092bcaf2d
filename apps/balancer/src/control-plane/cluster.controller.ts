// The cluster: the balancers that serve the fleet, what each of them sees, and the state of the registry.
import { clusterViewSchema, type ClusterView } from '@fairlead/contracts';
import { Controller, Get, Req } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { callerOf } from '../access/caller.js';
import { RequiredRole } from '../access/required-role.js';
import { ClusterStatus } from '../cluster/cluster-status.js';

/** Instead of what the network said, for readers without the token. */
const PUBLIC_REASON = 'it does not respond';

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
  async read(@Req() request: Request): Promise<ClusterView> {
    const view = await this.status.read();
    const { reason } = view.registry;
    if (reason === null || callerOf(request).seesDetails) return view;
    return { ...view, registry: { ...view.registry, reason: PUBLIC_REASON } };
  }
}
