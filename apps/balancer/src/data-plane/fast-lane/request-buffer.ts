// A request's head as it goes on to backends, kept for as long as it may have to be sent once more.
import type { RequestHead } from '@fairlead/http1';
import type { Socket } from 'node:net';
import { REQUEST_RULE } from './wire-headers.js';
import type { Outbox } from './write-buffer.js';

/** Most heads, and what the balancer says, are shorter. */
const FIRST_BYTES = 2048;
/** What was made for a larger head is not kept. */
const MOST_KEPT_BYTES = 16_384;

/** One request's after another, in one buffer. */
export class RequestBytes {
  private bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  private end = 0;

  /** Of the head that was framed last, what goes on, and `lines` behind it. Copied: neither is needed afterwards. */
  take(head: RequestHead, [hop, demand]: readonly [Buffer, Buffer]): void {
    const most = 2 * head.length + hop.length + demand.length;
    const isTooLarge = this.bytes.length > MOST_KEPT_BYTES && most <= FIRST_BYTES;
    if (most > this.bytes.length || isTooLarge) this.bytes = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 * most));
    let at = head.copyForwardedHead(REQUEST_RULE, this.bytes, 0);
    at += hop.copy(this.bytes, at);
    this.end = at + demand.copy(this.bytes, at);
  }

  /** Writes it as it is. What the system does not take at once stays where it is: then the buffer is a new one. */
  send(socket: Socket): void {
    socket.write(this.bytes.subarray(0, this.end));
    if (socket.writableLength > 0) this.bytes = Buffer.from(this.bytes);
  }

  /** Puts it into `outbox`, with `prefix` in front of the target. */
  put(outbox: Outbox, prefix: string, method: string): void {
    if (prefix === '') {
      outbox.copy(this.bytes, 0, this.end);
      return;
    }
    outbox.text(`${method} ${prefix}`);
    outbox.copy(this.bytes, method.length + 1, this.end);
  }
}
