// A request's head as it is forwarded, kept as long as it may have to be sent again.
import type { ForwardingRule, RequestHead } from '@fairlead/http1';
import type { Socket } from 'node:net';
import type { WriteBuffer } from './write-buffer.js';

/** Most heads are shorter, with what the balancer adds. */
const INITIAL_BYTES = 2048;
/** A buffer that grew beyond this for a large head is not kept. */
const MAX_KEPT_BYTES = 16_384;

/** One request's head after another, in one buffer. */
export class ForwardedRequestHead {
  private bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  private end = 0;

  /**
   * Copies what `rule` lets pass of a head, then the lines of the balancer: where the request has been, and what it needs with
   * the empty line.
   */
  reset(head: RequestHead, rule: ForwardingRule, hopLines: Buffer, demandLines: Buffer): void {
    const maxBytes = 2 * head.length + hopLines.length + demandLines.length;
    const isTooLarge = this.bytes.length > MAX_KEPT_BYTES && maxBytes <= INITIAL_BYTES;
    if (maxBytes > this.bytes.length || isTooLarge) {
      this.bytes = Buffer.allocUnsafeSlow(Math.max(INITIAL_BYTES, 2 * maxBytes));
    }
    let at = head.copyForwardedHead(rule, this.bytes, 0);
    at += hopLines.copy(this.bytes, at);
    this.end = at + demandLines.copy(this.bytes, at);
  }

  /** Writes the head. If the system does not take all of it at once, the socket keeps the buffer and this gets a new one. */
  send(socket: Socket): void {
    socket.write(this.bytes.subarray(0, this.end));
    if (socket.writableLength > 0) this.bytes = Buffer.from(this.bytes);
  }

  /** Appends the head to `buffer`, with `pathPrefix` in front of the target. */
  appendTo(buffer: WriteBuffer, pathPrefix: string, method: string): void {
    if (pathPrefix === '') {
      buffer.appendBytes(this.bytes, 0, this.end);
      return;
    }
    buffer.append(`${method} ${pathPrefix}`);
    buffer.appendBytes(this.bytes, method.length + 1, this.end);
  }
}
