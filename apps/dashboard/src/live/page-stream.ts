// One open page: it gets the newest message whenever it has read those before, and no queue builds up for it.
import type { ServerResponse } from 'node:http';
import type { StreamMessages } from './messages.js';

/**
 * Sends server-sent events to one page. While the page has not read what was sent, only the newest message is kept for
 * it: each shows the whole state, so that those between would be of no use. A page that reads nothing at all is
 * disconnected by the server (`LimitedExpressAdapter`), and its EventSource connects again.
 */
export class PageStream {
  /** Whether something sent is still on its way. */
  private isBehind = false;
  private newest: Buffer | undefined;

  constructor(private readonly response: ServerResponse) {
    response.on('drain', () => this.catchUp());
  }

  /** Sends the messages with which a page begins. */
  begin(messages: Iterable<Buffer>): void {
    for (const message of messages) this.write(message);
  }

  /** Sends `message` now, or when the page has read what is on its way, unless a newer one comes first. */
  send(message: Buffer): void {
    if (this.isBehind) this.newest = message;
    else this.write(message);
  }

  /** Sends `message` unless something is on its way, which shows as well that the stream is alive. */
  sendIfIdle(message: Buffer): void {
    if (!this.isBehind) this.write(message);
  }

  end(): void {
    this.response.end();
  }

  private catchUp(): void {
    this.isBehind = false;
    const { newest } = this;
    this.newest = undefined;
    if (newest) this.write(newest);
  }

  /** All pages share the bytes of a message: the socket refers to them until they are sent. */
  private write(message: Buffer): void {
    this.isBehind = !this.response.write(message);
  }
}

/** Returns a message as it is sent, encoded once for all pages. JSON has no line break, which would end the data. */
export function encodeMessage<Type extends keyof StreamMessages>(type: Type, data: StreamMessages[Type]): Buffer {
  return Buffer.from(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}
