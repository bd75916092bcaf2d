// The body of an answer on its way through the fast lane: followed to its end, in whatever form it comes.
import { ChunkScanner, UNSUPPORTED, type BodyEnd, type Trailers } from '@fairlead/http1';
import { TRAILER_RULE } from './wire-headers.js';

/** Where the parts of a body go. */
export interface BodySink {
  /** Some text in which each character is a byte; it goes out with what comes next. */
  append(text: string): void;
  /** Some of it: `bytes` from `from` to before `end`, with what was put before. */
  write(bytes: Buffer, from: number, end: number): void;
  /** The last of it. `isClean`: nothing came behind it. */
  onBodyEnd(bytes: Buffer, from: number, end: number, isClean: boolean): void;
  /** It cannot go on. */
  onBodyError(reason: string): void;
}

const EMPTY_BUFFER = Buffer.alloc(0);
/** Behind the last chunk of a body without trailers (RFC 9112 §7.1). */
const LAST_CHUNK = '0\r\n\r\n';

export class ResponseBody {
  private readonly scanner = new ChunkScanner();
  private form: BodyEnd = 'none';
  /** Bytes that are still to come, of a body that has a length. */
  private remaining = 0;
  /** What came of the trailers; undefined before they begin. */
  private partialTrailers: Buffer | undefined;

  constructor(
    private readonly trailers: Trailers,
    private readonly sink: BodySink,
  ) {}

  /** A body begins; `length` in bytes, of one that has a length. */
  reset(form: BodyEnd, length: number): void {
    this.form = form;
    this.remaining = length;
    this.partialTrailers = undefined;
    if (form === 'chunked') this.scanner.reset();
  }

  /** Whether the body ends within the next `count` bytes, which can be told only of one that has a length, or none. */
  private endsWithin(count: number): boolean {
    return this.form === 'none' || (this.form === 'length' && this.remaining <= count);
  }

  /** The first part, which came with the head: goes on in one piece with the head, which the sink was given. */
  start(bytes: Buffer, from: number, length: number): void {
    const available = length - from;
    if (this.endsWithin(available)) {
      const end = this.form === 'none' ? from : from + this.remaining;
      this.remaining = 0;
      this.sink.onBodyEnd(bytes, from, end, end === length);
    } else if (this.form === 'length') {
      this.remaining -= available;
      this.sink.write(bytes, from, length);
    } else if (available > 0) this.onData(bytes, from, length);
    else this.sink.write(EMPTY_BUFFER, 0, 0);
  }

  /** A further part. */
  onData(bytes: Buffer, from: number, length: number): void {
    if (from === length) return;
    switch (this.form) {
      case 'length':
        this.passLength(bytes, from, length);
        break;
      case 'chunked':
        if (this.partialTrailers) this.passTrailers(this.partialTrailers, bytes.subarray(from, length));
        else this.passChunks(bytes, from, length);
        break;
      case 'close':
        this.sink.append(`${(length - from).toString(16)}\r\n`);
        this.sink.append(bytes.toString('latin1', from, length));
        this.sink.append('\r\n');
        this.sink.write(EMPTY_BUFFER, 0, 0);
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
    this.sink.append(LAST_CHUNK);
    this.sink.onBodyEnd(EMPTY_BUFFER, 0, 0, false);
    return true;
  }

  private passLength(bytes: Buffer, from: number, length: number): void {
    const end = Math.min(length, from + this.remaining);
    this.remaining -= end - from;
    if (this.remaining > 0) this.sink.write(bytes, from, end);
    else this.sink.onBodyEnd(bytes, from, end, end === length);
  }

  /** Runs of chunks go on as they are. */
  private passChunks(bytes: Buffer, from: number, length: number): void {
    const { scanner, sink } = this;
    let at = from;
    while (at < length) {
      const start = at;
      const end = scanner.scan(bytes, at, length);
      if (end === UNSUPPORTED) {
        sink.write(EMPTY_BUFFER, 0, 0);
        sink.onBodyError('its chunks make no sense');
        return;
      }
      at = scanner.resumeAt;
      if (scanner.isComplete) {
        sink.onBodyEnd(bytes, start, end, at === length);
        return;
      }
      sink.write(bytes, start, end);
      if (scanner.hasTrailers) {
        this.passTrailers(EMPTY_BUFFER, bytes.subarray(at, length));
        return;
      }
    }
  }

  private passTrailers(before: Buffer, piece: Buffer): void {
    const { trailers, sink } = this;
    const bytes = Buffer.concat([before, piece]);
    trailers.reset();
    const end = trailers.frame(bytes, 0, bytes.length);
    if (end === UNSUPPORTED) sink.onBodyError('its trailers make no sense');
    else if (end === 0) this.partialTrailers = bytes;
    else {
      sink.append(`${trailers.forwardedLines(TRAILER_RULE)}\r\n`);
      sink.onBodyEnd(EMPTY_BUFFER, 0, 0, end === bytes.length);
    }
  }
}
