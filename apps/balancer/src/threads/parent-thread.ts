// The main thread as a worker thread reaches it: by messages, and by what it writes to the load table.
import { parentPort, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { LoadTable, type ThreadLiveness } from '@fairlead/scheduling';
import { Injectable } from '@nestjs/common';
import type { FromThread, MainThread, ToThread } from './messages.js';

@Injectable()
export class ParentThread implements MainThread {
  private readonly port: MessagePort;
  private readonly liveness: ThreadLiveness;
  private handle: (message: ToThread) => void = () => {};

  constructor(table: LoadTable) {
    if (!parentPort) throw new Error('this class is for a worker thread of the balancer');
    this.port = parentPort;
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
    this.handle = handle;
    this.port.on('message', handle);
  }

  /**
   * Handles only fleets at once, and the configuration that a fleet belongs to. Other messages wait, because they may end
   * exchanges while a request is being placed.
   */
  catchUp(): void {
    for (let next = receiveMessageOnPort(this.port); next; next = receiveMessageOnPort(this.port)) {
      const message = next.message as ToThread;
      if (message.kind === 'fleet' || message.kind === 'traffic') this.handle(message);
      else setImmediate(this.handle, message);
    }
  }
}
