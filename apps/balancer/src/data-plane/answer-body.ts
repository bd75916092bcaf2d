// The body of an answer on its way through the fast lane: followed to its end, in whatever form it comes.
import { ChunkScanner, OUTSIDE, type BodyEnd, type Trailers } from '@fairlead/http1';
import { TRAILER_RULE } from './fast-head.js';

/** Where the parts of a body go: text in which each character is a byte, then `bytes` from `from` to before `end`. */
export interface BodySink {
  /** Some of it. */
  write(text: string, bytes: Buffer, from: number, end: number): void;
  /** Some of it, without a copy: nothing is to be read into `piece` before it is written. */
  writePiece(piece: Buffer): void;
  /** The last of it. `isClean`: nothing came behind it. */
  complete(text: string, bytes: Buffer, from: number, end: number, isClean: boolean): void;
  /** It cannot go on. */
  broke(reason: string): void;
}

const NOTHING = Buffer.alloc(0);
/** Behind the last chunk of a body without trailers (RFC 9112 §7.1). */
const LAST_CHUNK = '0\r\n\r\n';

export class AnswerBody {
  private readonly scanner: ChunkScanner | undefined;
  /** What came of the trailers; undefined before they begin. */
  private partialTrailers: Buffer | undefined;

  constructor(
    private readonly form: BodyEnd,
    /** Bytes that are still to come, of a body that has a length. */
    private left: number,
    private readonly trailers: Trailers,
    private readonly sink: BodySink,
  ) {
    this.scanner = form === 'chunked' ? new ChunkScanner() : undefined;
  }

  /** Whether the body ends within the next `count` bytes, which can be told only of one that has a length, or none. */
  endsWithin(count: number): boolean {
    return this.form === 'none' || (this.form === 'length' && this.left <= count);
  }

  /**
   * The first part, which came with the head: goes on with `head` in one piece where that can be. Bodies of a known length
   * are all that is worth it.
   */
  begin(head: string, bytes: Buffer, from: number, length: number, mostInOne: number): void {
    const available = length - from;
    if (this.endsWithin(available)) {
      const end = this.form === 'none' ? from : from + this.left;
      this.left = 0;
      this.sink.complete(head, bytes, from, end, end === length);
    } else if (this.form === 'length' && available <= mostInOne) {
      this.left -= available;
      this.sink.write(head, bytes, from, length);
    } else if (this.form === 'chunked') this.passChunks(head, bytes, from, length);
    else {
      this.sink.write(head, NOTHING, 0, 0);
      this.receive(bytes, from, length);
    }
  }

  /** A further part. */
  receive(bytes: Buffer, from: number, length: number): void {
    if (from === length) return;
    switch (this.form) {
      case 'length':
        this.passLength(bytes, from, length);
        break;
      case 'chunked':
        if (this.partialTrailers) this.passTrailers(this.partialTrailers, bytes.subarray(from, length));
        else this.passChunks('', bytes, from, length);
        break;
      case 'close':
        this.sink.write(`${(length - from).toString(16)}\r\n`, bytes, from, length);
        this.sink.write('\r\n', NOTHING, 0, 0);
        break;
      case 'none':
        break;
      default: {
        const exhaustive: never = this.form;
        return exhaustive;
      }
    }
  }

  /** The backend has closed its connection. Answers whether that was the end of the body, and not of the answer only. */
  endsWithConnection(): boolean {
    if (this.form !== 'close') return false;
    this.sink.complete(LAST_CHUNK, NOTHING, 0, 0, false);
    return true;
  }

  private passLength(bytes: Buffer, from: number, length: number): void {
    const end = Math.min(length, from + this.left);
    this.left -= end - from;
    if (this.left > 0) this.sink.writePiece(bytes.subarray(from, end));
    else this.sink.complete('', bytes, from, end, end === length);
  }

  /** Runs of chunks go on as they are, behind `text`. */
  private passChunks(text: string, bytes: Buffer, from: number, length: number): void {
    const { scanner, sink } = this;
    if (!scanner) return;
    let before = text;
    let at = from;
    while (at < length) {
      const start = at;
      const end = scanner.scan(bytes, at, length);
      if (end === OUTSIDE) {
        if (before !== '') sink.write(before, NOTHING, 0, 0);
        sink.broke('its chunks make no sense');
        return;
      }
      at = scanner.resumeAt;
      if (scanner.isComplete) {
        sink.complete(before, bytes, start, end, at === length);
        return;
      }
      if (end > start || before !== '') sink.write(before, bytes, start, end);
      before = '';
      if (scanner.hasTrailers) {
        this.passTrailers(NOTHING, bytes.subarray(at, length));
        return;
      }
    }
    if (before !== '') sink.write(before, NOTHING, 0, 0);
  }

  private passTrailers(before: Buffer, piece: Buffer): void {
    const { trailers, sink } = this;
    const bytes = Buffer.concat([before, piece]);
    trailers.reset();
    const end = trailers.frame(bytes, 0, bytes.length);
    if (end === OUTSIDE) sink.broke('its trailers make no sense');
    else if (end === 0) this.partialTrailers = bytes;
    else sink.complete(`${trailers.forwardedLines(TRAILER_RULE)}\r\n`, NOTHING, 0, 0, end === bytes.length);
  }
}
