// Collects head, framing and body so that they are sent in one write.
import type { ForwardingRule, ResponseHead } from '@fairlead/http1';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** A head, and as much as one read brings. */
const INITIAL_BYTES = 80 * 1024;
/** A forwarded head is at most twice its original length plus this margin. */
const HEAD_MARGIN_BYTES = 64;

/**
 * Whether a connection accepts no more for now; `drain` is emitted when it does. A large piece sets `writableNeedDrain` even
 * if the system has taken all of it, which is no reason to stop.
 */
export function isBackpressured(socket: Socket): boolean {
  return socket.writableNeedDrain && socket.writableLength > 0;
}

/** One buffer that all connections of a thread share: what is appended is flushed within the same callback. */
export class WriteBuffer {
  private bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  private end = 0;

  /** Appends text in which each character is a byte. */
  append(text: string): void {
    this.reserve(text.length);
    this.end += this.bytes.write(text, this.end, 'latin1');
  }

  /** Appends the bytes of `from` from `start` to before `end`. */
  appendBytes(from: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    this.end += from.copy(this.bytes, this.end, start, end);
  }

  /** The same for a line: byte by byte, for so few bytes that is faster than a call that copies. */
  appendLine(from: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    const { bytes } = this;
    let at = this.end;
    for (let i = start; i < end; i++) bytes[at++] = from[i];
    this.end = at;
  }

  /** Appends what `rule` lets pass of a response's head, `headBytes` long as it arrived, without the empty line. */
  appendHead(head: ResponseHead, headBytes: number, rule: ForwardingRule): void {
    this.reserve(2 * headBytes + HEAD_MARGIN_BYTES);
    this.end = head.copyForwardedHead(rule, this.bytes, this.end);
  }

  /**
   * Writes everything, and returns how many bytes that is. If the system does not take all of it at once, the socket
   * keeps the buffer and this gets a new one.
   */
  flush(socket: Socket): number {
    const { end } = this;
    if (end === 0) return 0;
    const wasPending = socket.writableLength > 0;
    socket.write(this.bytes.subarray(0, end));
    this.end = 0;
    // If no write was pending, TLS encrypts at once and does not keep the buffer, although `writableLength` counts its bytes.
    const isKept = socket.writableLength > 0 && (wasPending || !(socket instanceof TLSSocket));
    if (isKept) this.bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    return end;
  }

  private reserve(length: number): void {
    if (this.end + length <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.end + length));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }
}
