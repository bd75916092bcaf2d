// Where what belongs together is put together, and goes out in one write: heads, framing, bodies.
import type { ForwardingRule, ResponseHead } from '@fairlead/http1';
import type { Socket } from 'node:net';

/** A head, and as much as comes in at a time. */
const INITIAL_BYTES = 80 * 1024;
/** An answer's head as it goes on takes no more than twice its own length, and so much. */
const HEAD_MARGIN_BYTES = 64;

/**
 * Whether a connection takes no more for now: `drain` will tell when it does. A large piece asks for `drain` even where the
 * system has taken it all at once; that is no reason to stop.
 */
export function isBackpressured(socket: Socket): boolean {
  return socket.writableNeedDrain && socket.writableLength > 0;
}

/** One buffer that all connections of a thread share: what is put in is sent before anybody else has a turn. */
export class WriteBuffer {
  private bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  private end = 0;

  /** Text in which each character is a byte. */
  append(text: string): void {
    this.reserve(text.length);
    this.end += this.bytes.write(text, this.end, 'latin1');
  }

  /** The bytes of `from` from `start` to before `end`. */
  appendBytes(from: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    this.end += from.copy(this.bytes, this.end, start, end);
  }

  /** What goes on of an answer's head of so many bytes, without the empty line. */
  appendHead(head: ResponseHead, headBytes: number, rule: ForwardingRule): void {
    this.reserve(2 * headBytes + HEAD_MARGIN_BYTES);
    this.end = head.copyForwardedHead(rule, this.bytes, this.end);
  }

  /** Writes all that was put in. What the system does not take at once stays where it is: then the buffer is a new one. */
  flush(socket: Socket): void {
    if (this.end === 0) return;
    socket.write(this.bytes.subarray(0, this.end));
    this.end = 0;
    if (socket.writableLength > 0) this.bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  private reserve(length: number): void {
    if (this.end + length <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.end + length));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }
}
