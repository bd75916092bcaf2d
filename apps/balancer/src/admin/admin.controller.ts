// The operator's view of how the balancer decides.
import { fleetEventSchema, type FleetEvent } from '@fairlead/contracts';
import { POLICY_NAMES, policySummary, type PolicyName } from '@fairlead/scheduling';
import { Controller, Get, Inject } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { balancerConfig } from '../config/balancer.config.js';
import { FleetEvents } from '../registry/fleet-events.js';

const placementSchema = z
  .object({
    policy: z.enum(POLICY_NAMES as [PolicyName, ...PolicyName[]]).describe('The policy in force'),
    policies: z.array(z.object({ name: z.string(), summary: z.string() })),
  })
  .meta({ id: 'Placement' });

const eventListSchema = z.object({ events: z.array(fleetEventSchema) }).meta({ id: 'EventList' });

@ApiTags('admin')
@Controller('api/v1')
export class AdminController {
  constructor(
    private readonly events: FleetEvents,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  @Get('placement')
  @ApiOperation({ summary: 'The placement policy in force, and those there are' })
  @ApiResponse({ status: 200, standardSchema: placementSchema, description: 'The policies' })
  placement(): z.infer<typeof placementSchema> {
    const policies = POLICY_NAMES.map((name) => ({ name, summary: policySummary(name) }));
    return { policy: this.config.PLACEMENT_POLICY, policies };
  }

  @Get('events')
  @ApiOperation({ summary: 'The newest changes of state, oldest first' })
  @ApiResponse({ status: 200, standardSchema: eventListSchema, description: 'The newest 100 events' })
  list(): { events: FleetEvent[] } {
    return { events: [...this.events.newest()] };
  }
}
