// `GET /api/events`: the feed as server-sent events, one stream per open page.
import { Controller, type MessageEvent, Sse } from '@nestjs/common';
import { endWith, ignoreElements, interval, map, merge, type Observable, takeUntil } from 'rxjs';
import { FleetStream } from './fleet.stream.js';

/** Tells proxies and pages that the stream lives while there is nothing to say. */
const HEARTBEAT_INTERVAL_MS = 10_000;

/**
 * Characters that may wait for a page which does not read: several messages of a fleet of thousands, since a message
 * waits for any page while it is being sent. Nest's stream holds about 32 messages more. Past it the connection is dropped; the page's EventSource comes back and
 * gets everything anew, so nothing is lost by it.
 */
const MAX_WAITING_CHARACTERS = 8_000_000;

@Controller('api')
export class EventsController {
  constructor(private readonly feed: FleetStream) {}

  @Sse('events', { maxPendingDataLength: MAX_WAITING_CHARACTERS })
  events(): Observable<MessageEvent> {
    const messages = this.feed.stream();
    const ended = messages.pipe(ignoreElements(), endWith(true));
    const heartbeats = interval(HEARTBEAT_INTERVAL_MS).pipe(map(() => ({ type: 'heartbeat', data: '{}' })));
    return merge(messages, heartbeats.pipe(takeUntil(ended)));
  }
}
