// A request's body on its way through the fast lane: kept until it is sent, and then for a retry, up to a limit.
import type { WriteBuffer } from './write-buffer.js';

const EMPTY_BUFFER: Buffer = Buffer.alloc(0);

/** What becomes of the bytes of a body. */
type BodyState =
  /** Nothing was sent of it in the present attempt: every byte is kept. */
  | 'unsent'
  /** Bytes are sent as they arrive, and kept for a retry. */
  | 'replayable'
  /** Bytes are sent as they arrive, and not kept: it cannot be sent again. */
  | 'sent-once';

/** One body after another. What is kept of it is text in which each character is a byte. */
export class RequestBodyBuffer {
  /** Bytes that are still to arrive. */
  missing = 0;
  /** Bytes that have arrived. */
  receivedBytes = 0;
  private state: BodyState = 'unsent';
  /** The body from its beginning, in pieces. */
  private kept: string[] = [];
  /** What arrived with the head, in the shared read buffer: mostly it is sent before the next read. */
  private borrowed = EMPTY_BUFFER;
  private borrowedFrom = 0;
  private borrowedEnd = 0;

  /** `limitBytes`: the most that is kept for a retry. */
  constructor(private readonly limitBytes: number) {}

  /** Begins with the body of a request, `length` bytes long; 0: it has none. */
  reset(length: number): void {
    this.missing = length;
    this.receivedBytes = 0;
    this.state = 'unsent';
    this.release();
  }

  /** Whether the request has no body. */
  get isEmpty(): boolean {
    return this.missing === 0 && this.receivedBytes === 0;
  }

  /** Whether the body can be sent from its beginning. */
  get isReplayable(): boolean {
    return this.state !== 'sent-once';
  }

  /** Whether no more should be read before this is sent. */
  get isFull(): boolean {
    return this.receivedBytes >= this.limitBytes;
  }

  /** Takes the first piece: `bytes` from `from` to before `end`, valid until {@link endBorrow}. */
  borrow(bytes: Buffer, from: number, end: number): void {
    this.borrowed = bytes;
    this.borrowedFrom = from;
    this.borrowedEnd = end;
    this.missing -= end - from;
    this.receivedBytes += end - from;
  }

  /** The borrowed bytes are about to be overwritten: copies them, unless they were sent and need not be sent again. */
  endBorrow(mayBeSentAgain: boolean): void {
    const { borrowed } = this;
    this.borrowed = EMPTY_BUFFER;
    if (this.state !== 'unsent' && !mayBeSentAgain) this.discard();
    else this.keep(borrowed.toString('latin1', this.borrowedFrom, this.borrowedEnd));
  }

  /** Takes a further piece, which the caller sends at once if {@link appendTo} was called before. */
  add(piece: string): void {
    this.missing -= piece.length;
    this.receivedBytes += piece.length;
    this.keep(piece);
  }

  /** Appends what has arrived to `buffer`, which is about to be sent. */
  appendTo(buffer: WriteBuffer): void {
    for (const piece of this.kept) buffer.append(piece);
    if (this.borrowed !== EMPTY_BUFFER) buffer.appendBytes(this.borrowed, this.borrowedFrom, this.borrowedEnd);
    if (this.state === 'unsent') this.state = 'replayable';
    if (this.receivedBytes > this.limitBytes) this.discard();
  }

  /** A copy of the body, which has arrived whole; undefined if it is not kept. */
  copyWhole(): Buffer | undefined {
    const { kept, borrowed, borrowedFrom, borrowedEnd } = this;
    if (this.state === 'sent-once' || this.receivedBytes > this.limitBytes) return undefined;
    const pieces = kept.map((piece) => Buffer.from(piece, 'latin1'));
    return Buffer.concat([...pieces, borrowed.subarray(borrowedFrom, borrowedEnd)]);
  }

  /** The attempt is over: until the next {@link appendTo} everything that arrives is kept. */
  rewind(): void {
    if (this.state === 'replayable') this.state = 'unsent';
  }

  /** Drops what is kept; {@link missing} stays. */
  release(): void {
    this.borrowed = EMPTY_BUFFER;
    if (this.kept.length > 0) this.kept = [];
  }

  private keep(piece: string): void {
    const isKept = this.state === 'unsent' || (this.state === 'replayable' && this.receivedBytes <= this.limitBytes);
    if (isKept) this.kept.push(piece);
    else this.discard();
  }

  private discard(): void {
    this.state = 'sent-once';
    this.kept = [];
  }
}
