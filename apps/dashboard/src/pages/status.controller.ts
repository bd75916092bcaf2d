// `/status`: the fleet as a plain table for terminals, old browsers and pages without JavaScript.
import { Controller, Get, Header, HttpStatus, Res } from '@nestjs/common';
import type { Response } from 'express';
import { FleetStream } from '../live/fleet.stream.js';
import { awayPage, statusPage } from './status-page.js';

@Controller('status')
export class StatusController {
  constructor(private readonly feed: FleetStream) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  status(@Res({ passthrough: true }) response: Response): string {
    const { away, metrics } = this.feed;
    if (metrics && !away) return statusPage(metrics).text;
    response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return awayPage(away?.reason ?? '', away?.since ?? '').text;
  }
}
