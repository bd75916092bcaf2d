// The newest events of the fleet, for operators.
import { fleetEventSchema, type FleetEvent } from '@fairlead/contracts';
import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { EventLog } from '../registry/event-log.js';

const eventListSchema = z.object({ events: z.array(fleetEventSchema) }).meta({ id: 'EventList' });

@ApiTags('backends')
@Controller('api/v1/events')
export class EventsController {
  constructor(private readonly events: EventLog) {}

  @Get()
  @ApiOperation({ summary: 'The newest events, oldest first' })
  @ApiResponse({
    status: 200,
    standardSchema: eventListSchema,
    description: 'The newest 100 events, and the newest 50 refusals',
  })
  list(): { events: FleetEvent[] } {
    return { events: [...this.events.newest()] };
  }
}
