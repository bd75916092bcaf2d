// Follows the body of a response to its end, in each of the forms it may have.
import { ChunkScanner, UNSUPPORTED, type BodyEnd, type Trailers } from '@fairlead/http1';
import { TRAILER_RULE } from './wire-fields.js';

/** Where the parts of a body go. An interface, so that a body is followed, and tested, without an exchange. */
export interface BodySink {
  /** Text in which each character is a byte, sent with what comes next. */
  append(text: string): void;
  /** A part: `bytes` from `from` to before `end`, after what was appended. */
  write(bytes: Buffer, from: number, end: number): void;
  /** The last part. `isClean`: no byte followed it. */
  onBodyEnd(bytes: Buffer, from: number, end: number, isClean: boolean): void;
  /** The body is malformed. */
  onBodyError(reason: string): void;
}

const EMPTY_BUFFER = Buffer.alloc(0);
/** Ends a chunked body without trailers (RFC 9112 §7.1). */
const LAST_CHUNK = '0\r\n\r\n';

export class ResponseBody {
  private readonly scanner = new ChunkScanner();
  private form: BodyEnd = 'none';
  /** Bytes that are still to arrive, of a body with a length. */
  private remaining = 0;
  /** What arrived of the trailer section; undefined before it begins. */
  private partialTrailers: Buffer | undefined;

  constructor(
    private readonly trailers: Trailers,
    private readonly sink: BodySink,
  ) {}

  /** Begins with a body; `length` in bytes, of one that has a length. */
  reset(form: BodyEnd, length: number): void {
    this.form = form;
    this.remaining = length;
    this.partialTrailers = undefined;
    if (form === 'chunked') this.scanner.reset();
  }

  /** Step 9, relay the body: the first part, which arrived with the head and is sent with it. */
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

  /** Step 9: a further part. */
  onData(bytes: Buffer, from: number, length: number): void {
    if (from === length) return;
    switch (this.form) {
      case 'length':
        this.relayLength(bytes, from, length);
        break;
      case 'chunked':
        if (this.partialTrailers) this.relayTrailers(this.partialTrailers, bytes.subarray(from, length));
        else this.relayChunks(bytes, from, length);
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

  /** The backend has closed its connection. Returns whether that ends the body, and does not cut it. */
  endsWithConnection(): boolean {
    if (this.form !== 'close') return false;
    this.sink.append(LAST_CHUNK);
    this.sink.onBodyEnd(EMPTY_BUFFER, 0, 0, false);
    return true;
  }

  /** Whether the body ends within the next `count` bytes, known only of one that has a length, or none. */
  private endsWithin(count: number): boolean {
    return this.form === 'none' || (this.form === 'length' && this.remaining <= count);
  }

  private relayLength(bytes: Buffer, from: number, length: number): void {
    const end = Math.min(length, from + this.remaining);
    this.remaining -= end - from;
    if (this.remaining > 0) this.sink.write(bytes, from, end);
    else this.sink.onBodyEnd(bytes, from, end, end === length);
  }

  /** Runs of chunks are forwarded as they are. */
  private relayChunks(bytes: Buffer, from: number, length: number): void {
    const { scanner, sink } = this;
    let at = from;
    while (at < length) {
      const start = at;
      const end = scanner.scan(bytes, at, length);
      if (end === UNSUPPORTED) {
        sink.write(EMPTY_BUFFER, 0, 0);
        sink.onBodyError('its chunks are malformed');
        return;
      }
      at = scanner.resumeAt;
      if (scanner.isComplete) {
        sink.onBodyEnd(bytes, start, end, at === length);
        return;
      }
      sink.write(bytes, start, end);
      if (scanner.hasTrailers) {
        this.relayTrailers(EMPTY_BUFFER, bytes.subarray(at, length));
        return;
      }
    }
  }

  private relayTrailers(before: Buffer, piece: Buffer): void {
    const { trailers, sink } = this;
    const bytes = Buffer.concat([before, piece]);
    trailers.reset();
    const end = trailers.frame(bytes, 0, bytes.length);
    if (end === UNSUPPORTED) sink.onBodyError('its trailers are malformed');
    else if (end === 0) this.partialTrailers = bytes;
    else {
      sink.append(`${trailers.forwardedLines(TRAILER_RULE)}\r\n`);
      sink.onBodyEnd(EMPTY_BUFFER, 0, 0, end === bytes.length);
    }
  }
}
