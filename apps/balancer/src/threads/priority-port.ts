// A message port whose urgent messages can be handled at once, ahead of the event loop. The others keep their order.
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

export class PriorityPort<Message> {
  private handle: (message: Message) => void = () => {};
  /** Taken from the port by {@link handleUrgent}, and still to be handled. */
  private readonly deferred: Message[] = [];

  constructor(private readonly port: MessagePort) {}

  /** Passes every message to `handle` from now on. */
  listen(handle: (message: Message) => void): void {
    this.handle = handle;
    this.port.on('message', (message: Message) => {
      this.handleDeferred();
      handle(message);
    });
  }

  /** Handles the urgent messages that have been sent so far, and the others once the present callback is over. */
  handleUrgent(isUrgent: (message: Message) => boolean): void {
    for (let next = receiveMessageOnPort(this.port); next; next = receiveMessageOnPort(this.port)) {
      const message = next.message as Message;
      if (isUrgent(message)) this.handle(message);
      else this.defer(message);
    }
  }

  private defer(message: Message): void {
    this.deferred.push(message);
    if (this.deferred.length === 1) setImmediate(() => this.handleDeferred());
  }

  private handleDeferred(): void {
    for (const message of this.deferred.splice(0)) this.handle(message);
  }
}
