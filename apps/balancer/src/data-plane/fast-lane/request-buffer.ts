// A request's head as it goes on to backends, kept for as long as it may have to be sent once more.
import type { RequestHead } from '@fairlead/http1';
import type { Socket } from 'node:net';
import { REQUEST_RULE } from './wire-headers.js';
import type { WriteBuffer } from './write-buffer.js';

/** Most heads, and what the balancer says, are shorter. */
const INITIAL_BYTES = 2048;
/** What was made for a larger head is not kept. */
const MAX_KEPT_BYTES = 16_384;

/** One request's after another, in one buffer. */
export class ForwardedRequestHead {
  private bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  private end = 0;

  /** Of the head that was framed last, what goes on, and `lines` behind it. Copied: neither is needed afterwards. */
  reset(head: RequestHead, [hop, demand]: readonly [Buffer, Buffer]): void {
    const most = 2 * head.length + hop.length + demand.length;
    const isTooLarge = this.bytes.length > MAX_KEPT_BYTES && most <= INITIAL_BYTES;
    if (most > this.bytes.length || isTooLarge) this.bytes = Buffer.allocUnsafeSlow(Math.max(INITIAL_BYTES, 2 * most));
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
  appendTo(outbox: WriteBuffer, prefix: string, method: string): void {
    if (prefix === '') {
      outbox.appendBytes(this.bytes, 0, this.end);
      return;
    }
    outbox.append(`${method} ${prefix}`);
    outbox.appendBytes(this.bytes, method.length + 1, this.end);
  }
}
