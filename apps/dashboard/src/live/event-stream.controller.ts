// `GET /api/events`: the fleet as server-sent events, one stream per open page.
import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { FleetStream } from './fleet.stream.js';
import { PageStream, encodeMessage } from './page-stream.js';

/** Shows proxies and pages that an idle stream is alive. */
const HEARTBEAT_INTERVAL_MS = 10_000;
const HEARTBEAT = encodeMessage('heartbeat', {});

const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store, no-transform',
  // Without this, nginx holds events back.
  'X-Accel-Buffering': 'no',
};

@Controller('api')
export class EventStreamController {
  constructor(private readonly stream: FleetStream) {}

  @Get('events')
  events(@Res() response: Response): void {
    response.writeHead(200, HEADERS);
    const page = new PageStream(response);
    page.begin(this.stream.currentMessages());
    const updates = this.stream.updates.subscribe({
      next: (message) => page.send(message),
      complete: () => page.end(),
    });
    const heartbeats = setInterval(() => page.sendIfIdle(HEARTBEAT), HEARTBEAT_INTERVAL_MS);
    response.once('close', () => {
      clearInterval(heartbeats);
      updates.unsubscribe();
    });
  }
}
