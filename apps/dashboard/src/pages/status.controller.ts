// `/status`: the fleet as a plain table, for terminals and for browsers without JavaScript.
import { Controller, Get, Header, HttpStatus, Res } from '@nestjs/common';
import type { Response } from 'express';
import { FleetStream } from '../live/fleet.stream.js';
import { outagePage, statusPage } from './status-page.js';

@Controller('status')
export class StatusController {
  constructor(private readonly stream: FleetStream) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  status(@Res({ passthrough: true }) response: Response): string {
    const { outage, metrics, cluster } = this.stream;
    if (metrics && !outage) return statusPage(metrics, cluster).text;
    response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return outagePage(outage?.reason ?? '', outage?.since ?? '').text;
  }
}
