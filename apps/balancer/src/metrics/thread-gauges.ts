// What a thread that serves clients says of itself in shared memory, once a second: its open connections, and its event loop.
import { LoadTable } from '@fairlead/scheduling';
import { Injectable } from '@nestjs/common';
import { EventLoopMeter } from './event-loop-meter.js';

const INTERVAL_MS = 1000;

/** What counts the connections of a server, such as `net.Server`. */
export interface ConnectionCounter {
  getConnections(callback: (error: Error | null, count: number) => void): void;
}

@Injectable()
export class ThreadGauges {
  private meter: EventLoopMeter | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly table: LoadTable) {}

  /** Updates the thread's row until {@link stop}. */
  start(servers: readonly ConnectionCounter[]): void {
    this.meter = new EventLoopMeter();
    this.timer = setInterval(() => void this.update(servers), INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.meter?.stop();
  }

  private async update(servers: readonly ConnectionCounter[]): Promise<void> {
    const { counts } = this.table.own;
    const reading = this.meter?.read();
    if (reading) {
      counts.loopDelayMean = reading.meanSeconds;
      counts.loopDelayMax = reading.maxSeconds;
      counts.loopUtilization = reading.utilization;
    }
    const open = await Promise.all(servers.map(connectionsOf));
    counts.connections = open.reduce((sum, count) => sum + count, 0);
  }
}

function connectionsOf(server: ConnectionCounter): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count ?? 0)));
}
