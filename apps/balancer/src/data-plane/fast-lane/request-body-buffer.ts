// A request's body on its way through the fast lane: kept until it was sent, and then for a retry, up to a limit.
import type { Outbox } from './write-buffer.js';

const NOTHING: Buffer = Buffer.alloc(0);

/** One body after another. What is kept of it is text in which each character is a byte. */
export class UploadBuffer {
  /** Bytes that are still to come. */
  missing = 0;
  /** The body from its beginning, in pieces, as long as it {@link isAtHand}; else what was not sent yet. */
  private held: string[] = [];
  /** What came with the head, in somebody else's buffer: mostly it is sent before that is needed again. */
  private lent = NOTHING;
  private lentFrom = 0;
  private lentEnd = 0;
  private bytes = 0;
  private wasSent = false;
  private isWhole = true;

  /** `limitBytes`: most that are kept for a retry. */
  constructor(private readonly limitBytes: number) {}

  /** The body of a request begins, of this length in bytes; 0: it has none. */
  begin(length: number): void {
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
  get isAtHand(): boolean {
    return this.isWhole;
  }

  /** Whether so much is held that no more should come in before it is sent. */
  get isHeld(): boolean {
    return this.bytes >= this.limitBytes;
  }

  /** The first piece came in. It stands in `bytes`, from `from` to before `end`, until {@link endLoan}. */
  lend(bytes: Buffer, from: number, end: number): void {
    this.lent = bytes;
    this.lentFrom = from;
    this.lentEnd = end;
    this.missing -= end - from;
    this.bytes += end - from;
  }

  /** What was lent is needed elsewhere: it is copied, unless it was sent and need not be sent again. */
  endLoan(mayBeSentAgain: boolean): void {
    const { lent, wasSent } = this;
    this.lent = NOTHING;
    if (wasSent && !mayBeSentAgain) this.forget();
    else this.hold(lent.toString('latin1', this.lentFrom, this.lentEnd));
  }

  /** A further piece came in, and is sent at once if {@link put} was called. */
  add(piece: string): void {
    this.missing -= piece.length;
    this.bytes += piece.length;
    this.hold(piece);
  }

  /** Puts what is there into `outbox`, to be sent; what comes from now on is sent as it comes. */
  put(outbox: Outbox): void {
    for (const piece of this.held) outbox.text(piece);
    if (this.lent !== NOTHING) outbox.copy(this.lent, this.lentFrom, this.lentEnd);
    this.wasSent = true;
    if (this.bytes > this.limitBytes) this.forget();
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
    else this.forget();
  }

  private forget(): void {
    this.isWhole = false;
    this.held = [];
  }
}
