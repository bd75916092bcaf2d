// Response heads (RFC 9112 §4, §5, §6) that define unambiguously where the response ends.
import { CR, IS_TEXT, LF, SP, bytesOf, equalsIgnoringCase } from './bytes.js';
import { CLOSE, CONNECTION, CONTENT_LENGTH, KEEP_ALIVE, TRANSFER_ENCODING, type FieldNames } from './field-names.js';
import { FieldSection } from './field-section.js';
import { copyForwardedLines, forwardedLines, forwardedLinesHonoringConnection } from './forwarded-lines.js';
import type { ForwardingRule } from './forwarding-rule.js';
import { parseConnectionOption, parseWholeNumber } from './framing-fields.js';
import { matchPrefix, type HeadLimits } from './head.js';
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';

/** Where a response's body ends (RFC 9112 §6.3): no body, by length, by its chunks, or when the connection closes. */
export type BodyEnd = 'none' | 'length' | 'chunked' | 'close';

const VERSION = bytesOf('HTTP/1.');
const CHUNKED = bytesOf('chunked');
const ZERO = 0x30;
/** Length of `HTTP/1.1 200`, bytes. */
const STATUS_END = 12;
const TIMEOUT = /(?:^|[\s,;])timeout\s*=\s*(\d{1,6})(?:$|[\s,;])/i;

/**
 * Frames one response head after another in one object: its properties are valid until the next call, and while the
 * bytes of the head are in place.
 *
 * Accepts more than the subset of requests, because there is no other parser to pass a response to: HTTP/1.0, repeated
 * fields, and bodies that end with the connection. Node's parser in strict mode reads such a head in the same way.
 * Unsupported are heads that frame the message ambiguously or are malformed.
 */
export class ResponseHead {
  /** Valid only while the bytes of the head are in place. */
  readonly fields: FieldSection;
  /** From 100 to 599. */
  statusCode = 0;
  /** The version is HTTP/1.`minorVersion`: 0 or 1. */
  minorVersion = 1;
  /** Where the body ends. */
  bodyEnd: BodyEnd = 'none';
  /**
   * The value of `Content-Length`, bytes; -1 without one. It is the length of the body only if {@link bodyEnd} is
   * `length`.
   */
  contentLength = -1;
  /** Whether `Content-Length` has zeros before its digits. Its grammar allows them, and some parsers read them as octal. */
  hasPaddedLength = false;
  /** Whether the connection can be reused after the response (RFC 9112 §9.3). */
  isPersistent = true;
  /** Whether `Connection` names fields, which must not be forwarded. */
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
   * Frames the head that starts at `from`: of an interim response or of the final one.
   *
   * After {@link INCOMPLETE}, call it again with the same bytes followed by more; they may be in another buffer. The
   * result does not depend on how the bytes were split.
   *
   * @param to where the bytes end.
   * @param requestMethod the method of the request, in upper case; `CONNECT` is not supported.
   * @returns the length of the head in bytes, including the empty line; or {@link INCOMPLETE}; or {@link UNSUPPORTED}.
   */
  frame(bytes: Buffer, from: number, to: number, requestMethod: string): number {
    if (!this.isPending) this.start();
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

  /** Discards an incomplete head. The next call starts a new one. */
  reset(): void {
    this.isPending = false;
  }

  /** Whether another response to the same request follows (RFC 9110 §15.2). */
  get isInterim(): boolean {
    return this.statusCode < 200;
  }

  /** As received; may be empty. */
  get reasonPhrase(): string {
    return this.fields.text.slice(STATUS_END + 1, this.statusLineEnd);
  }

  /** The idle timeout that the server announces in `Keep-Alive`, seconds; -1 without one. */
  get keepAliveSeconds(): number {
    const field = this.fields.placeOf(KEEP_ALIVE) < 0 ? undefined : this.fields.valueOf(KEEP_ALIVE);
    const found = field === undefined ? null : TIMEOUT.exec(field);
    return found ? Number(found[1]) : -1;
  }

  /**
   * Returns the head to forward: a status line of HTTP/1.1 and the fields that the rule forwards, with order and
   * spelling kept. The caller appends its own lines and the empty line.
   */
  forwardedHead(rule: ForwardingRule): string {
    const isStatusLineCanonical = this.minorVersion === 1 && this.statusLineEnd > STATUS_END;
    if (isStatusLineCanonical && !this.namesFields) return forwardedLines(this.fields, rule, 0);
    const statusLine = `HTTP/1.1 ${this.statusCode} ${this.reasonPhrase}\r\n`;
    if (this.namesFields) return statusLine + forwardedLinesHonoringConnection(this.fields, rule);
    return statusLine + forwardedLines(this.fields, rule);
  }

  /**
   * Like {@link forwardedHead}, but copies into `out` at `at`.
   *
   * @param out with room for twice the length of the head plus 64 bytes.
   * @returns where the head ends in `out`.
   */
  copyForwardedHead(rule: ForwardingRule, out: Buffer, at: number): number {
    const isStatusLineCanonical = this.minorVersion === 1 && this.statusLineEnd > STATUS_END;
    if (isStatusLineCanonical && !this.namesFields) return copyForwardedLines(this.fields, rule, out, at, 0);
    return at + out.write(this.forwardedHead(rule), at, 'latin1');
  }

  private start(): void {
    this.hasStatusLine = false;
    this.checkedTo = 0;
  }

  /** Returns the length of the line. */
  private readStatusLine(bytes: Uint8Array, from: number, end: number): number {
    const statusMatch = this.readStatus(bytes, from, end);
    if (statusMatch <= 0) return statusMatch;
    let at = from + STATUS_END;
    if (at === end) return INCOMPLETE;
    // Some servers omit the space when the reason phrase is empty, against RFC 9112 §4.
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
    this.fields.reset(at + 2 - from);
    return at + 2 - from;
  }

  /** Reads `HTTP/1.`, a digit, a space and three digits. */
  private readStatus(bytes: Uint8Array, from: number, end: number): number {
    const versionMatch = matchPrefix(bytes, from, end, VERSION);
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
      // From 100 to 599, decided by the first digit (RFC 9110 §15).
      if (status === 0 || (status > 5 && status < 10)) return UNSUPPORTED;
    }
    this.statusCode = status;
    return 1;
  }

  /**
   * Finds where the body ends and whether the connection can be reused (RFC 9112 §6.3, §9.3). Returns false when that
   * is ambiguous.
   */
  private readFraming(bytes: Uint8Array, from: number, requestMethod: string): boolean {
    const { statusCode, minorVersion } = this;
    const isChunked = this.fields.placeOf(TRANSFER_ENCODING) >= 0;
    // 101 is unsupported, because no request asks for a switch of protocols.
    if (statusCode === 101 || !this.readContentLength(bytes, from)) return false;
    if (isChunked && (this.contentLength >= 0 || minorVersion === 0 || !this.isOnlyChunked(bytes, from))) return false;
    this.readConnection(bytes, from);
    const neverHasBody = statusCode < 200 || statusCode === 204;
    if (neverHasBody || statusCode === 304 || requestMethod === 'HEAD') {
      this.bodyEnd = 'none';
      // A server that announces a body where none is allowed (RFC 9110 §8.6, §15.3.5) may also send it. A server that
      // would end the body by closing may send it in response to HEAD.
      const isFramed = isChunked || this.contentLength >= 0;
      if (neverHasBody ? isChunked || this.contentLength > 0 : statusCode !== 304 && !isFramed)
        this.isPersistent = false;
    } else if (isChunked) this.bodyEnd = 'chunked';
    else if (this.contentLength >= 0) this.bodyEnd = 'length';
    else {
      this.bodyEnd = 'close';
      this.isPersistent = false;
    }
    // The final response must follow an interim one.
    return this.isPersistent || !this.isInterim;
  }

  private readContentLength(bytes: Uint8Array, from: number): boolean {
    const { fields } = this;
    this.contentLength = -1;
    this.hasPaddedLength = false;
    const place = fields.placeOf(CONTENT_LENGTH);
    if (place < 0) return true;
    if (fields.hasRepeats && fields.nextPlace(place) >= 0) return false;
    const start = from + fields.valueStart(place);
    const end = from + fields.valueEnd(place);
    this.contentLength = parseWholeNumber(bytes, start, end);
    this.hasPaddedLength = bytes[start] === ZERO && end - start > 1;
    return this.contentLength >= 0;
  }

  private isOnlyChunked(bytes: Uint8Array, from: number): boolean {
    const { fields } = this;
    const place = fields.placeOf(TRANSFER_ENCODING);
    if (fields.hasRepeats && fields.nextPlace(place) >= 0) return false;
    return equalsIgnoringCase(bytes, from + fields.valueStart(place), from + fields.valueEnd(place), CHUNKED);
  }

  private readConnection(bytes: Uint8Array, from: number): void {
    const { fields } = this;
    this.isPersistent = this.minorVersion === 1;
    this.namesFields = false;
    const place = fields.placeOf(CONNECTION);
    if (place < 0) return;
    const option = parseConnectionOption(bytes, from + fields.valueStart(place), from + fields.valueEnd(place));
    const isRepeated = fields.hasRepeats && fields.nextPlace(place) >= 0;
    this.namesFields = option === 'other' || isRepeated || fields.placeOf(CLOSE) >= 0;
    if (!this.namesFields) this.isPersistent = option === 'keep-alive';
    else this.isPersistent = this.isKeptOpen(fields.connectionOptions());
  }

  private isKeptOpen(options: ReadonlySet<string>): boolean {
    return !options.has('close') && (this.minorVersion === 1 || options.has('keep-alive'));
  }
}
