// A request's body on its way through the fast lane: kept until it was sent, and then for a retry, up to a limit.

export class UploadBuffer {
  /** The body from its beginning, in pieces, as long as it {@link isAtHand}; else what was not sent yet. */
  held: Buffer[] = [];
  /** Bytes that are still to come. */
  missing: number;
  private bytes = 0;
  private wasSent = false;
  private isWhole = true;

  constructor(
    length: number,
    /** Most bytes that are kept for a retry. */
    private readonly limitBytes: number,
  ) {
    this.missing = length;
  }

  /** Whether the body can be sent from its beginning. */
  get isAtHand(): boolean {
    return this.isWhole;
  }

  /** Whether so much is held that no more should come in before it is sent. */
  get isHeld(): boolean {
    return this.bytes >= this.limitBytes;
  }

  /** A piece came in, and is sent at once if {@link sent} was called. */
  add(piece: Buffer): void {
    this.missing -= piece.length;
    this.bytes += piece.length;
    const isKept = !this.wasSent || (this.isWhole && this.bytes <= this.limitBytes);
    if (isKept) this.held.push(piece);
    else this.forget();
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

  private forget(): void {
    this.isWhole = false;
    this.held = [];
  }
}
