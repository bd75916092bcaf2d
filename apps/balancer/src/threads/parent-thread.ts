// The main thread as a worker thread reaches it: by messages, and by what it writes to the load table.
import { parentPort, type MessagePort } from 'node:worker_threads';
import { LoadTable, type ThreadLiveness } from '@fairlead/scheduling';
import { Injectable } from '@nestjs/common';
import type { FromThread, MainThread, ToThread } from './messages.js';
import { PriorityPort } from './priority-port.js';

@Injectable()
export class ParentThread implements MainThread {
  private readonly port: MessagePort;
  private readonly received: PriorityPort<ToThread>;
  private readonly liveness: ThreadLiveness;

  constructor(table: LoadTable) {
    if (!parentPort) throw new Error('this class is for a worker thread of the balancer');
    this.port = parentPort;
    this.received = new PriorityPort(parentPort);
    this.liveness = table.own.liveness;
  }

  get hasStoppedWaiting(): boolean {
    return this.liveness.isOverdue;
  }

  post(message: FromThread): void {
    this.port.postMessage(message, []);
  }

  /** Passes every message to `handle` from now on. */
  listen(handle: (message: ToThread) => void): void {
    this.received.listen(handle);
  }

  /**
   * Handles only fleets at once, and what a fleet belongs to: the configuration, and the slots that were freed before it.
   * Other messages wait, because they may end exchanges while a request is being placed.
   */
  catchUp(): void {
    this.received.handleUrgent(({ kind }) => kind === 'fleet' || kind === 'traffic' || kind === 'slot-freed');
  }
}
