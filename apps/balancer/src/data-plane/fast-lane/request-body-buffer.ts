// A request's body on its way through the fast lane: kept until it was sent, and then for a retry, up to a limit.
import type { WriteBuffer } from './write-buffer.js';

const EMPTY_BUFFER: Buffer = Buffer.alloc(0);

/** One body after another. What is kept of it is text in which each character is a byte. */
export class RequestBodyBuffer {
  /** Bytes that are still to come. */
  missing = 0;
  /** The body from its beginning, in pieces, as long as it {@link isReplayable}; else what was not sent yet. */
  private held: string[] = [];
  /** What came with the head, in somebody else's buffer: mostly it is sent before that is needed again. */
  private borrowed = EMPTY_BUFFER;
  private borrowedFrom = 0;
  private borrowedEnd = 0;
  private bytes = 0;
  private wasSent = false;
  private isWhole = true;

  /** `limitBytes`: most that are kept for a retry. */
  constructor(private readonly limitBytes: number) {}

  /** The body of a request begins, of this length in bytes; 0: it has none. */
  reset(length: number): void {
    this.missing = length;
    this.bytes = 0;
    this.wasSent = false;
    this.isWhole = true;
    this.release();
  }

  /** Whether the request has no body. */
  get isEmpty(): boolean {
    return this.missing === 0 && this.bytes === 0;
  }

  /** Whether the body can be sent from its beginning. */
  get isReplayable(): boolean {
    return this.isWhole;
  }

  /** Whether so much is held that no more should come in before it is sent. */
  get isFull(): boolean {
    return this.bytes >= this.limitBytes;
  }

  /** The first piece came in. It stands in `bytes`, from `from` to before `end`, until {@link endBorrow}. */
  borrow(bytes: Buffer, from: number, end: number): void {
    this.borrowed = bytes;
    this.borrowedFrom = from;
    this.borrowedEnd = end;
    this.missing -= end - from;
    this.bytes += end - from;
  }

  /** What was lent is needed elsewhere: it is copied, unless it was sent and need not be sent again. */
  endBorrow(mayBeSentAgain: boolean): void {
    const { borrowed, wasSent } = this;
    this.borrowed = EMPTY_BUFFER;
    if (wasSent && !mayBeSentAgain) this.discard();
    else this.hold(borrowed.toString('latin1', this.borrowedFrom, this.borrowedEnd));
  }

  /** A further piece came in, and is sent at once if {@link appendTo} was called. */
  add(piece: string): void {
    this.missing -= piece.length;
    this.bytes += piece.length;
    this.hold(piece);
  }

  /** Puts what is there into `outbox`, to be sent; what comes from now on is sent as it comes. */
  appendTo(outbox: WriteBuffer): void {
    for (const piece of this.held) outbox.append(piece);
    if (this.borrowed !== EMPTY_BUFFER) outbox.appendBytes(this.borrowed, this.borrowedFrom, this.borrowedEnd);
    this.wasSent = true;
    if (this.bytes > this.limitBytes) this.discard();
  }

  /** The attempt is over: until it is sent again, all that comes in is kept. */
  rewind(): void {
    if (this.isWhole) this.wasSent = false;
  }

  /** Nothing of it is needed any more; how much is {@link missing} stays known. */
  release(): void {
    if (this.held.length > 0) this.held = [];
  }

  private hold(piece: string): void {
    const isKept = !this.wasSent || (this.isWhole && this.bytes <= this.limitBytes);
    if (isKept) this.held.push(piece);
    else this.discard();
  }

  private discard(): void {
    this.isWhole = false;
    this.held = [];
  }
}
