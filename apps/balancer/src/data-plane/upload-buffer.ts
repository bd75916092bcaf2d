// A request's body on its way through the fast lane: kept until it was sent, and then for a retry, up to a limit.

/** Its pieces are texts in which each character is a byte: what is sent with the head goes out in one write with it. */
export class UploadBuffer {
  /** The body from its beginning, in pieces, as long as it {@link isAtHand}; else what was not sent yet. */
  held: string[] = [];
  /** Bytes that are still to come. */
  missing = 0;
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
    if (this.held.length > 0) this.held = [];
  }

  /** Whether the body can be sent from its beginning. */
  get isAtHand(): boolean {
    return this.isWhole;
  }

  /** Whether so much is held that no more should come in before it is sent. */
  get isHeld(): boolean {
    return this.bytes >= this.limitBytes;
  }

  /** So many bytes came in. What becomes of them is told by {@link hold} or {@link forget}. */
  count(bytes: number): void {
    this.missing -= bytes;
    this.bytes += bytes;
  }

  /** What was counted last is there to be kept. It was sent already if {@link sent} was called. */
  hold(piece: string): void {
    const isKept = !this.wasSent || (this.isWhole && this.bytes <= this.limitBytes);
    if (isKept) this.held.push(piece);
    else this.forget();
  }

  /** What was sent is not kept: the body cannot be sent again. */
  forget(): void {
    this.isWhole = false;
    this.held = [];
  }

  /** What is held was sent; what comes from now on is sent as it comes. */
  sent(): void {
    this.wasSent = true;
    if (this.bytes > this.limitBytes) this.forget();
  }

  /** The attempt is over: until it is sent again, all that comes in is kept. */
  rewind(): void {
    if (this.isWhole) this.wasSent = false;
  }
}
