// Finds where each request on a connection ends (RFC 9112 §2.1, §6), in pieces of any size and without copying.
import { COLON, CR, IS_TEXT, LF, LOWER_TOKEN, bytesOf } from './bytes.js';
import { ChunkScanner } from './chunk-scanner.js';
import type { FramingError } from './framing-error.js';
import { endsInChunked, parseContentLength, trimBlanks } from './framing-fields.js';
import type { RequestLimits } from './head.js';
import { UNSUPPORTED } from './outcome.js';
import { RequestLineScanner } from './request-line-scanner.js';

const CONTENT_LENGTH = bytesOf('content-length');
const TRANSFER_ENCODING = bytesOf('transfer-encoding');
/** The longest value that `Content-Length` or `Transfer-Encoding` may have, bytes. */
const MAX_VALUE_BYTES = 256;

/** The states: what the next byte belongs to. */
const START = 0;
const START_LF = 1;
const REQUEST_LINE = 2;
const LINE_LF = 3;
const FIELD_START = 4;
const FIELD_NAME = 5;
const FIELD_VALUE = 6;
const SECTION_LF = 7;
const BODY = 8;
const CHUNKS = 9;
const COMPLETE = 10;

/**
 * Frames one request after another, of any method and target, for a parser that parses everything it gets at once: with
 * the end known, it can get exactly one request.
 *
 * ```ts
 * const end = framer.scan(bytes, from, to);
 * parse(bytes, from, end);
 * if (framer.error) return refuse(framer.error);
 * if (framer.isComplete) framer.reset(); // before the next request, which starts at `end`
 * ```
 *
 * Strict where two parsers might find different ends: one space between the parts of the request line (RFC 9112 §3);
 * a method that the parser knows; a target of printable ASCII without `#`; HTTP/1.0 or 1.1; lines end in CRLF; no
 * whitespace before a colon; no folded line (§5.2); one `Content-Length` of digits, or a `Transfer-Encoding` whose last
 * coding is `chunked`, but not both (§6.3); no coding in HTTP/1.0 (§6.1); neither of the two in trailers (RFC 9110
 * §6.5.1).
 * Everything else is left to the parser.
 */
export class RequestFramer {
  /** Why scanning stopped. */
  error: FramingError | undefined;
  private state = START;
  private isTrailer = false;
  /** Bytes of the current head or trailer section so far. */
  private sectionBytes = 0;
  /** The framing field that the current name can still be; undefined if it can be neither. */
  private candidate: Uint8Array | undefined;
  private nameLength = 0;
  /** Field lines of the current section so far. */
  private fieldCount = 0;
  /** The value of a framing field, so far. */
  private value = '';
  /** The value in the current head; undefined without such a field. */
  private length: string | undefined;
  private coding: string | undefined;
  /** Bytes of the body that are still to come, when it has a length. */
  private left = 0;
  private readonly requestLine: RequestLineScanner;
  private readonly chunks = new ChunkScanner();

  /**
   * @param limits of each head; those of its size and its fields also hold for each trailer section.
   * @param methods those that the parser knows. Methods are case-sensitive (RFC 9110 §9.1).
   */
  constructor(
    private readonly limits: RequestLimits,
    methods: ReadonlySet<string>,
  ) {
    this.requestLine = new RequestLineScanner(methods, limits.maxTargetBytes);
  }

  /** Whether the request ended where the last call stopped. */
  get isComplete(): boolean {
    return this.state === COMPLETE;
  }

  /** The method of the request, as far as it has arrived. */
  get method(): string {
    return this.requestLine.method;
  }

  /** Whether the body was scanned up to its trailer section. */
  get isInTrailers(): boolean {
    return this.isTrailer;
  }

  /** Whether the head of the request has arrived whole. */
  get hasHead(): boolean {
    return this.state >= BODY || this.isTrailer;
  }

  /** Prepares for the next request. */
  reset(): void {
    this.error = undefined;
    this.startSection(START, false);
    this.length = undefined;
    this.coding = undefined;
    this.requestLine.reset();
  }

  /**
   * Scans the bytes that follow those of the last call.
   *
   * @returns where to stop: at `to`, at the end of the request ({@link isComplete}), or before a byte that is not allowed
   *   ({@link error}).
   */
  scan(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && this.state !== COMPLETE && this.error === undefined) {
      if (this.state === BODY) at = this.skipBody(at, to);
      else if (this.state === CHUNKS) at = this.scanChunks(bytes, at, to);
      else at = this.scanSection(bytes, at, to);
    }
    return at;
  }

  private startSection(state: number, isTrailer: boolean): void {
    this.state = state;
    this.isTrailer = isTrailer;
    this.sectionBytes = 0;
    this.fieldCount = 0;
  }

  private skipBody(at: number, to: number): number {
    const skipped = Math.min(this.left, to - at);
    this.left -= skipped;
    if (this.left === 0) this.state = COMPLETE;
    return at + skipped;
  }

  private scanChunks(bytes: Buffer, from: number, to: number): number {
    const { chunks } = this;
    if (chunks.scan(bytes, from, to) === UNSUPPORTED) {
      this.error = 'bad-chunks';
      return from;
    }
    if (chunks.isComplete) this.state = COMPLETE;
    else if (chunks.hasTrailers) this.startSection(FIELD_START, true);
    return chunks.resumeAt;
  }

  /** Scans a head or a trailer section. */
  private scanSection(bytes: Buffer, from: number, to: number): number {
    const { maxHeadBytes } = this.limits;
    const end = Math.min(to, from + maxHeadBytes - this.sectionBytes);
    let at = from;
    while (at < end && this.state < BODY && this.error === undefined) at = this.scanPart(bytes, at, end);
    this.sectionBytes += at - from;
    if (this.state < BODY && this.sectionBytes === maxHeadBytes) this.error ??= 'head-too-large';
    return at;
  }

  /** Scans a run of bytes in one state. */
  private scanPart(bytes: Buffer, at: number, end: number): number {
    switch (this.state) {
      case REQUEST_LINE:
        return this.scanRequestLine(bytes, at, end);
      case FIELD_NAME:
        return this.scanName(bytes, at, end);
      case FIELD_VALUE:
        return this.scanValue(bytes, at, end);
      case START:
        if (bytes[at] !== CR) {
          this.state = REQUEST_LINE;
          return at;
        }
        // An empty line before a request is skipped (RFC 9112 §2.2).
        this.state = START_LF;
        return at + 1;
      default:
        this.acceptOne(bytes[at]);
        return this.error === undefined ? at + 1 : at;
    }
  }

  private acceptOne(byte: number): void {
    if (this.state !== FIELD_START) this.acceptLf(byte);
    else if (byte === CR) this.state = SECTION_LF;
    else this.startName(byte);
  }

  private acceptLf(byte: number): void {
    if (byte !== LF) this.error = 'bad-line-end';
    else if (this.state === START_LF) this.state = START;
    else if (this.state === LINE_LF) this.endLine();
    else if (this.isTrailer) this.state = COMPLETE;
    else this.endHead();
  }

  private startName(byte: number): void {
    const lower = LOWER_TOKEN[byte];
    if (lower === 0) {
      this.error = byte === LF ? 'bad-line-end' : this.errorInValue();
      return;
    }
    if (++this.fieldCount > this.limits.maxFields) {
      this.error = 'too-many-fields';
      return;
    }
    this.state = FIELD_NAME;
    this.nameLength = 1;
    this.value = '';
    this.candidate = undefined;
    if (lower === CONTENT_LENGTH[0]) this.candidate = CONTENT_LENGTH;
    else if (lower === TRANSFER_ENCODING[0]) this.candidate = TRANSFER_ENCODING;
  }

  private scanRequestLine(bytes: Buffer, from: number, end: number): number {
    const { requestLine } = this;
    const at = requestLine.scan(bytes, from, end);
    this.error = requestLine.error;
    if (requestLine.isComplete) this.state = LINE_LF;
    return at;
  }

  private scanName(bytes: Buffer, from: number, end: number): number {
    let at = from;
    for (; at < end; at++) {
      const lower = LOWER_TOKEN[bytes[at]];
      if (lower === 0) break;
      if (this.candidate && lower !== this.candidate[this.nameLength]) this.candidate = undefined;
      this.nameLength++;
    }
    if (at === end) return at;
    if (bytes[at] !== COLON) {
      this.error = this.isTrailer ? 'bad-trailers' : 'bad-field-line';
      return at;
    }
    if (this.nameLength !== this.candidate?.length) this.candidate = undefined;
    this.state = FIELD_VALUE;
    return at + 1;
  }

  private scanValue(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end && IS_TEXT[bytes[at]] === 1) at++;
    if (this.candidate) {
      this.value += bytes.toString('latin1', from, at);
      if (this.value.length > MAX_VALUE_BYTES) this.error = this.errorInValue();
    }
    if (at === end) return at;
    if (bytes[at] !== CR) this.error ??= bytes[at] === LF ? 'bad-line-end' : this.errorInValue();
    if (this.error !== undefined) return at;
    this.state = LINE_LF;
    return at + 1;
  }

  /** The error of a value that is too long, or has a byte that is not allowed. */
  private errorInValue(): FramingError {
    if (this.candidate === CONTENT_LENGTH) return 'bad-length';
    if (this.candidate === TRANSFER_ENCODING) return 'bad-coding';
    return this.isTrailer ? 'bad-trailers' : 'bad-field-line';
  }

  /** The line of the request or of a field has ended. */
  private endLine(): void {
    this.state = FIELD_START;
    const { candidate } = this;
    this.candidate = undefined;
    if (candidate && this.isTrailer) this.error = 'bad-trailers';
    else if (candidate === CONTENT_LENGTH) {
      if (this.length !== undefined) this.error = 'bad-length';
      this.length = trimBlanks(this.value);
    } else if (candidate === TRANSFER_ENCODING) {
      const value = trimBlanks(this.value);
      this.coding = this.coding === undefined ? value : `${this.coding},${value}`;
    }
  }

  private endHead(): void {
    const { coding, length } = this;
    if (coding === undefined && length === undefined) this.state = COMPLETE;
    else if (coding === undefined) this.startBody(length ?? '');
    else if (length === undefined && !this.requestLine.isHttp10 && endsInChunked(coding)) {
      this.chunks.reset();
      this.state = CHUNKS;
    } else this.error = 'bad-coding';
  }

  private startBody(length: string): void {
    this.left = parseContentLength(length);
    if (this.left < 0) this.error = 'bad-length';
    else this.state = this.left === 0 ? COMPLETE : BODY;
  }
}
