// Reads the head of a response, in however many pieces it arrives, and the interim responses before it.
import { INCOMPLETE, UNSUPPORTED, type ResponseHead } from '@fairlead/http1';
import type { SharedHeads } from './shared-heads.js';

const EMPTY_BUFFER = Buffer.alloc(0);

export class ResponseHeadReader {
  /** The final head begins at `headFrom` of `bytes`; what followed it stands from `from` to before `end`. */
  bytes: Buffer = EMPTY_BUFFER;
  headFrom = 0;
  from = 0;
  end = 0;
  private partial: Buffer | undefined;
  /** Frames an incomplete head, which no other reader may overwrite. */
  private own: ResponseHead | undefined;

  constructor(
    private readonly heads: SharedHeads,
    /** Called for each interim response. */
    private readonly onInterim: (head: ResponseHead) => void,
  ) {}

  /** Drops what was read of an attempt that is over. */
  reset(): void {
    this.own?.reset();
    this.partial = undefined;
  }

  /** Step 8: reads on. Returns the head once it is complete; {@link UNSUPPORTED} for what is not an HTTP/1.1 response. */
  read(piece: Buffer, length: number, method: string): ResponseHead | typeof INCOMPLETE | typeof UNSUPPORTED {
    const head = this.own ?? this.heads.response;
    this.bytes = this.partial ? Buffer.concat([this.partial, piece.subarray(0, length)]) : piece;
    this.end = this.partial ? this.bytes.length : length;
    this.from = 0;
    this.partial = undefined;
    while (this.from < this.end) {
      const headLength = head.frame(this.bytes, this.from, this.end, method);
      if (headLength === UNSUPPORTED) return UNSUPPORTED;
      if (headLength === INCOMPLETE) {
        this.partial = Buffer.from(this.bytes.subarray(this.from, this.end));
        this.own ??= this.heads.detachResponse();
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
