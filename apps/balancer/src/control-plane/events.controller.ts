// The newest events of the fleet, for operators.
import { fleetEventSchema, type FleetEvent } from '@fairlead/contracts';
import { Controller, Get, Req } from '@nestjs/common';
import type { Request } from 'express';
import { z } from 'zod';
import { ApiOperation, ApiResponse, ApiTags } from '../api-description/decorators.js';
import { callerOf } from '../access/caller.js';
import { RequiredRole } from '../access/required-role.js';
import { EventLog } from '../registry/event-log.js';

const eventListSchema = z.object({ events: z.array(fleetEventSchema) }).meta({ id: 'EventList' });

@ApiTags('backends')
@Controller('api/v1/events')
export class EventsController {
  constructor(private readonly events: EventLog) {}

  @Get()
  @RequiredRole('read')
  @ApiOperation({ summary: 'The newest events, oldest first' })
  @ApiResponse({
    status: 200,
    standardSchema: eventListSchema,
    description: 'The newest 100 events, and the newest 50 refusals',
  })
  list(@Req() request: Request): { events: FleetEvent[] } {
    const events = callerOf(request).seesDetails ? this.events.newest() : this.events.newestPublic();
    return { events: [...events] };
  }
}
