// `GET /api/events`: the fleet as server-sent events, one stream per open page.
import { Controller, type MessageEvent, Sse } from '@nestjs/common';
import { endWith, ignoreElements, interval, map, merge, type Observable, takeUntil } from 'rxjs';
import { FleetStream } from './fleet.stream.js';

/** Shows proxies and pages that an idle stream is alive. */
const HEARTBEAT_INTERVAL_MS = 10_000;

/**
 * Characters that may wait for a page that does not read: several messages of a fleet of thousands, because a message
 * also waits while it is being sent. Nest's stream holds about 32 messages more. Beyond the limit the connection is
 * dropped; the page's EventSource reconnects and receives the current state, so nothing is lost.
 */
const MAX_WAITING_CHARACTERS = 8_000_000;

@Controller('api')
export class EventStreamController {
  constructor(private readonly stream: FleetStream) {}

  @Sse('events', { maxPendingDataLength: MAX_WAITING_CHARACTERS })
  events(): Observable<MessageEvent> {
    const messages = this.stream.messages();
    const ended = messages.pipe(ignoreElements(), endWith(true));
    const heartbeats = interval(HEARTBEAT_INTERVAL_MS).pipe(map(() => ({ type: 'heartbeat', data: '{}' })));
    return merge(messages, heartbeats.pipe(takeUntil(ended)));
  }
}
