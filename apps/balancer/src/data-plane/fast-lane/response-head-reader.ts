// Reads the head of an answer, in however many pieces it comes, and those of the interim answers before it.
import { INCOMPLETE, UNSUPPORTED, type ResponseHead } from '@fairlead/http1';
import type { FastLaneContext } from './context.js';

const EMPTY_BUFFER = Buffer.alloc(0);

export class ResponseHeadReader {
  /** Where the final head begins in `bytes`; what came behind it stands from `from` to before `end`. */
  bytes: Buffer = EMPTY_BUFFER;
  headFrom = 0;
  from = 0;
  end = 0;
  private partial: Buffer | undefined;
  /** While a head is incomplete, the object that reads it is nobody else's. */
  private own: ResponseHead | undefined;

  constructor(
    private readonly services: FastLaneContext,
    /** Told of each interim answer. */
    private readonly onInterim: (head: ResponseHead) => void,
  ) {}

  /** What was read is of an attempt that is over. */
  reset(): void {
    this.own?.reset();
    this.partial = undefined;
  }

  /** Reads on. Answers the head when it is complete, or {@link INCOMPLETE}, or {@link UNSUPPORTED}. */
  read(piece: Buffer, length: number, method: string): ResponseHead | typeof INCOMPLETE | typeof UNSUPPORTED {
    const head = this.own ?? this.services.responseHead;
    this.bytes = this.partial ? Buffer.concat([this.partial, piece.subarray(0, length)]) : piece;
    this.end = this.partial ? this.bytes.length : length;
    this.from = 0;
    this.partial = undefined;
    while (this.from < this.end) {
      const headLength = head.frame(this.bytes, this.from, this.end, method);
      if (headLength === UNSUPPORTED) return UNSUPPORTED;
      if (headLength === INCOMPLETE) {
        this.partial = Buffer.from(this.bytes.subarray(this.from, this.end));
        this.own ??= this.services.detachResponseHead();
        return INCOMPLETE;
      }
      this.headFrom = this.from;
      this.from += headLength;
      if (!head.isInterim) return head;
      this.onInterim(head);
    }
    return INCOMPLETE;
  }
}
