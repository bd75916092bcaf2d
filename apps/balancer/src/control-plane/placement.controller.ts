// The placement API: the policies, an explanation of where a request would be placed, and the estimated demands.
import {
  demandListSchema,
  explainRequestSchema,
  explanationSchema,
  problemSchema,
  type DemandList,
  type ExplainRequest,
  type Explanation,
} from '@fairlead/contracts';
import { LoadTable, POLICY_NAMES, policySummary, poolOfClass, type PolicyName } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { z } from 'zod';
import { ApiOperation, ApiResponse, ApiTags } from '../api-description/decorators.js';
import { RequiredRole } from '../access/required-role.js';
import { balancerConfig } from '../config/balancer.config.js';
import { DataPlane } from '../data-plane/data-plane.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { KnowledgeSharing } from '../placement/sharing/knowledge-sharing.js';
import { ExplainService } from './explain.service.js';

const placementSchema = z
  .object({
    policy: z.enum(POLICY_NAMES).describe('The policy of the default pool'),
    policies: z.array(z.object({ name: z.string(), summary: z.string() })),
  })
  .meta({ id: 'Placement' });

@ApiTags('placement')
@Controller('api/v1')
@RequiredRole('read')
export class PlacementController {
  constructor(
    private readonly explainService: ExplainService,
    private readonly plane: DataPlane,
    private readonly table: LoadTable,
    private readonly traffic: CurrentTraffic,
    private readonly sharing: KnowledgeSharing,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  @Get('placement')
  @ApiOperation({ summary: 'The placement policy of the default pool, and all policies' })
  @ApiResponse({ status: 200, standardSchema: placementSchema, description: 'The policies' })
  placement(): z.infer<typeof placementSchema> {
    const policies = POLICY_NAMES.map((name) => ({ name, summary: policySummary(name) }));
    return { policy: this.traffic.settingsOf(DEFAULT_POOL).policy as PolicyName, policies };
  }

  @Post('placement/explain')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Where a request would be placed now, and why: by its demand, or by its method, host and path',
  })
  @ApiResponse({
    status: 200,
    standardSchema: explanationSchema,
    description: 'Every backend of the pool, scored or excluded',
  })
  @ApiResponse({
    status: 400,
    standardSchema: problemSchema,
    description: 'The demand or the head is invalid, or the balancer would respond to the request itself',
  })
  @ApiResponse({ status: 404, standardSchema: problemSchema, description: 'There is no pool of that name' })
  explain(@Body({ schema: explainRequestSchema }) request: ExplainRequest): Promise<Explanation> {
    return this.explainService.explain(request);
  }

  @Get('demands')
  @ApiOperation({ summary: 'The estimated demand of each class of requests, with the source of the estimate' })
  @ApiResponse({ status: 200, standardSchema: demandListSchema, description: 'The classes' })
  async demands(): Promise<DemandList> {
    const estimates = await this.plane.beliefs();
    const classes = estimates.map(({ demand, latent = null, adoptedSamples = 0, ...estimate }) => ({
      ...estimate,
      latent,
      adoptedSamples,
      adoptedFrom: adoptedSamples > 0 ? this.sharing.sourcesOfClass(estimate.name) : [],
      pool: poolOfClass(estimate.name) || DEFAULT_POOL,
      demand: this.config.RESOURCES.amountsOf(demand),
    }));
    const accepted = this.table.total('reportsAccepted');
    return { reports: { accepted, ignored: this.table.total('reportsIgnored') }, classes };
  }
}
