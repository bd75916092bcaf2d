// Response heads (RFC 9112 §4, §5, §6) that leave no doubt about where the response ends.
import { CR, IS_TEXT, LF, SP, bytesOf, readsLike } from './bytes.js';
import { CLOSE, CONNECTION, CONTENT_LENGTH, KEEP_ALIVE, TRANSFER_ENCODING, type FieldNames } from './field-names.js';
import { FieldSection } from './field-section.js';
import { copyForwardedLines, forwardedLines, forwardedLinesUnnamed } from './forwarded-lines.js';
import type { ForwardingRule } from './forwarding-rule.js';
import { connectionOptionIn, wholeNumberIn } from './framing-fields.js';
import { matches, type HeadLimits } from './head.js';
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';

/** Where a response's body ends (RFC 9112 §6.3): there is none, it has a length, it is chunked, or with the connection. */
export type BodyEnd = 'none' | 'length' | 'chunked' | 'close';

const VERSION = bytesOf('HTTP/1.');
const CHUNKED = bytesOf('chunked');
const ZERO = 0x30;
/** `HTTP/1.1 200`, in bytes. */
const STATUS_END = 12;
const TIMEOUT = /(?:^|[\s,;])timeout\s*=\s*(\d{1,6})(?:$|[\s,;])/i;

/**
 * Frames one response head after another, without an object for each: what it says of a head is valid until the next, and
 * while its bytes stand where they were read from.
 *
 * Wider than the subset of requests, for nobody else can look at a response that was not understood: HTTP/1.0, any
 * field that may be repeated, and bodies that end with the connection are read. What Node's parser, in its strict mode,
 * makes of such a head is the same. Outside is what frames a message twice or not at all, or is not well-formed.
 */
export class ResponseHead {
  readonly fields: FieldSection;
  /** From 100 to 599. */
  statusCode = 0;
  /** The version is HTTP/1.`minorVersion`: 0 or 1. */
  minorVersion = 1;
  bodyEnd: BodyEnd = 'none';
  /** What `Content-Length` says, in bytes; -1 without one. Of the body only where {@link bodyEnd} is `length`. */
  contentLength = -1;
  /** Whether the connection can be used again when the response is over (RFC 9112 §9.3). */
  isPersistent = true;
  /** Whether `Connection` names fields, which then go no further. */
  private namesFields = false;
  private statusLineEnd = 0;
  private isPending = false;
  private hasStatusLine = false;
  private checkedTo = 0;

  constructor(
    names: FieldNames,
    private readonly limits: HeadLimits,
  ) {
    this.fields = new FieldSection(names, limits.maxFields);
  }

  /**
   * Frames the head that begins at `from`: that of an interim response, or of the final one.
   *
   * After {@link INCOMPLETE} it goes on where it stopped: the next call must be given the same bytes and more behind
   * them, wherever they stand by then. What is said does not depend on how the bytes were split.
   *
   * @param to where the bytes end.
   * @param requestMethod of the request that is answered, in upper case; `CONNECT` is not expected.
   * @returns the length of the head in bytes, with the empty line; or {@link INCOMPLETE}; or {@link UNSUPPORTED}.
   */
  frame(bytes: Buffer, from: number, to: number, requestMethod: string): number {
    if (!this.isPending) this.begin();
    const { maxHeadBytes } = this.limits;
    const end = Math.min(to, from + maxHeadBytes);
    let length = this.hasStatusLine ? 1 : this.readStatusLine(bytes, from, end);
    if (length > 0) length = this.fields.read(bytes, from, end);
    if (length === INCOMPLETE && to - from < maxHeadBytes) {
      this.isPending = true;
      return INCOMPLETE;
    }
    this.isPending = false;
    if (length <= 0) return UNSUPPORTED;
    this.fields.complete(bytes, from, from + length);
    return this.readFraming(bytes, from, requestMethod) ? length : UNSUPPORTED;
  }

  /** Forgets an incomplete head; the next one begins anew. */
  reset(): void {
    this.isPending = false;
  }

  /** Whether another response to the same request follows (RFC 9110 §15.2). */
  get isInterim(): boolean {
    return this.statusCode < 200;
  }

  /** As it came; may be empty. */
  get reasonPhrase(): string {
    return this.fields.text.slice(STATUS_END + 1, this.statusLineEnd);
  }

  /** For how many seconds the server keeps the idle connection, as its `Keep-Alive` says; -1 when it does not. */
  get keepAliveSeconds(): number {
    const field = this.fields.placeOf(KEEP_ALIVE) < 0 ? undefined : this.fields.valueOf(KEEP_ALIVE);
    const found = field === undefined ? null : TIMEOUT.exec(field);
    return found ? Number(found[1]) : -1;
  }

  /**
   * The head as it goes on: a status line of HTTP/1.1 and the fields that the rule lets pass, in their order and
   * spelling. The caller adds its own lines and the empty one.
   */
  forwardedHead(rule: ForwardingRule): string {
    const isStatusLineCanonical = this.minorVersion === 1 && this.statusLineEnd > STATUS_END;
    if (isStatusLineCanonical && !this.namesFields) return forwardedLines(this.fields, rule, 0);
    const statusLine = `HTTP/1.1 ${this.statusCode} ${this.reasonPhrase}\r\n`;
    if (this.namesFields) return statusLine + forwardedLinesUnnamed(this.fields, rule);
    return statusLine + forwardedLines(this.fields, rule);
  }

  /**
   * The same, copied into `out` from `at` on. Returns where it ends.
   *
   * @param out with room for twice the head's length, and 64 bytes.
   */
  copyForwardedHead(rule: ForwardingRule, out: Buffer, at: number): number {
    const isStatusLineCanonical = this.minorVersion === 1 && this.statusLineEnd > STATUS_END;
    if (isStatusLineCanonical && !this.namesFields) return copyForwardedLines(this.fields, rule, out, at, 0);
    return at + out.write(this.forwardedHead(rule), at, 'latin1');
  }

  private begin(): void {
    this.hasStatusLine = false;
    this.checkedTo = 0;
  }

  /** Returns the length of the line. */
  private readStatusLine(bytes: Uint8Array, from: number, end: number): number {
    const statusMatch = this.readStatus(bytes, from, end);
    if (statusMatch <= 0) return statusMatch;
    let at = from + STATUS_END;
    if (at === end) return INCOMPLETE;
    // Servers leave the space out with the reason phrase, against RFC 9112 §4.
    if (bytes[at] !== SP && bytes[at] !== CR) return UNSUPPORTED;
    at = Math.max(at, from + this.checkedTo);
    while (at < end && IS_TEXT[bytes[at]] === 1) at++;
    this.checkedTo = at - from;
    if (at === end) return INCOMPLETE;
    if (bytes[at] !== CR) return UNSUPPORTED;
    if (at + 1 === end) return INCOMPLETE;
    if (bytes[at + 1] !== LF) return UNSUPPORTED;
    this.statusLineEnd = at - from;
    this.hasStatusLine = true;
    this.fields.begin(at + 2 - from);
    return at + 2 - from;
  }

  /** `HTTP/1.`, a digit, a space, three digits. */
  private readStatus(bytes: Uint8Array, from: number, end: number): number {
    const versionMatch = matches(bytes, from, end, VERSION);
    if (versionMatch <= 0) return versionMatch;
    let at = from + VERSION.length;
    if (at === end) return INCOMPLETE;
    this.minorVersion = bytes[at++] - ZERO;
    if (this.minorVersion !== 0 && this.minorVersion !== 1) return UNSUPPORTED;
    if (at === end) return INCOMPLETE;
    if (bytes[at++] !== SP) return UNSUPPORTED;
    let status = 0;
    for (; at < from + STATUS_END; at++) {
      if (at === end) return INCOMPLETE;
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) return UNSUPPORTED;
      status = status * 10 + digit;
      // From 100 to 599, told by the first digit (RFC 9110 §15).
      if (status === 0 || (status > 5 && status < 10)) return UNSUPPORTED;
    }
    this.statusCode = status;
    return 1;
  }

  /** Where the body ends and whether the connection goes on (RFC 9112 §6.3, §9.3). False when that is not clear. */
  private readFraming(bytes: Uint8Array, from: number, requestMethod: string): boolean {
    const { statusCode, minorVersion } = this;
    const isChunked = this.fields.placeOf(TRANSFER_ENCODING) >= 0;
    // Nobody asked for a switch of protocols.
    if (statusCode === 101 || !this.readContentLength(bytes, from)) return false;
    if (isChunked && (this.contentLength >= 0 || minorVersion === 0 || !this.isChunkedAlone(bytes, from))) return false;
    this.readConnection(bytes, from);
    const neverHasBody = statusCode < 200 || statusCode === 204;
    if (neverHasBody || statusCode === 304 || requestMethod === 'HEAD') {
      this.bodyEnd = 'none';
      // A server that announces a body where none can be (RFC 9110 §8.6, §15.3.5) may send it, too; and one that would
      // mark its end by closing may answer HEAD with it.
      const isFramed = isChunked || this.contentLength >= 0;
      if (neverHasBody ? isChunked || this.contentLength > 0 : statusCode !== 304 && !isFramed)
        this.isPersistent = false;
    } else if (isChunked) this.bodyEnd = 'chunked';
    else if (this.contentLength >= 0) this.bodyEnd = 'length';
    else {
      this.bodyEnd = 'close';
      this.isPersistent = false;
    }
    // Behind an interim response the final one must come.
    return this.isPersistent || !this.isInterim;
  }

  private readContentLength(bytes: Uint8Array, from: number): boolean {
    const { fields } = this;
    this.contentLength = -1;
    const place = fields.placeOf(CONTENT_LENGTH);
    if (place < 0) return true;
    if (fields.hasRepeats && fields.nextPlace(place) >= 0) return false;
    this.contentLength = wholeNumberIn(bytes, from + fields.valueStart(place), from + fields.valueEnd(place));
    return this.contentLength >= 0;
  }

  private isChunkedAlone(bytes: Uint8Array, from: number): boolean {
    const { fields } = this;
    const place = fields.placeOf(TRANSFER_ENCODING);
    if (fields.hasRepeats && fields.nextPlace(place) >= 0) return false;
    return readsLike(bytes, from + fields.valueStart(place), from + fields.valueEnd(place), CHUNKED);
  }

  private readConnection(bytes: Uint8Array, from: number): void {
    const { fields } = this;
    this.isPersistent = this.minorVersion === 1;
    this.namesFields = false;
    const place = fields.placeOf(CONNECTION);
    if (place < 0) return;
    const option = connectionOptionIn(bytes, from + fields.valueStart(place), from + fields.valueEnd(place));
    const isRepeated = fields.hasRepeats && fields.nextPlace(place) >= 0;
    this.namesFields = option === 'other' || isRepeated || fields.placeOf(CLOSE) >= 0;
    if (!this.namesFields) this.isPersistent = option === 'keep-alive';
    else this.isPersistent = this.isKeptOpen(fields.connectionOptions());
  }

  private isKeptOpen(options: ReadonlySet<string>): boolean {
    return !options.has('close') && (this.minorVersion === 1 || options.has('keep-alive'));
  }
}
