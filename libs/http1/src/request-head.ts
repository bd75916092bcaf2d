// Request heads (RFC 9112 §3, §5) of the subset that every server understands alike.
import { IS_HOST, IS_TARGET, SP, bytesOf } from './bytes.js';
import { CONNECTION, CONTENT_LENGTH, HOST, type FieldNames } from './field-names.js';
import { FieldSection } from './field-section.js';
import { copyForwardedLines, forwardedLines } from './forwarded-lines.js';
import type { ForwardingRule } from './forwarding-rule.js';
import { connectionOptionIn, wholeNumberIn } from './framing-fields.js';
import { matches, type HeadLimits } from './head.js';
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';

/** A method of the subset, with the space behind it. */
interface Method {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Whether a body has a meaning for it (RFC 9110 §9.3). Elsewhere servers differ about a body. */
  readonly mayHaveBody: boolean;
}

const METHODS: readonly Method[] = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((name) => ({
  name,
  bytes: bytesOf(`${name} `),
  mayHaveBody: ['POST', 'PUT', 'PATCH'].includes(name),
}));
const VERSION_LINE_END = bytesOf('HTTP/1.1\r\n');
const SLASH = 0x2f;

/**
 * Frames one request head after another, without an object for each: what it says of a head is valid until the next.
 *
 * The subset is a whitelist. A method of seven; a target in origin-form; `HTTP/1.1`; lines that end in CRLF; one `Host`;
 * a length of the body, if any, in plain digits; no field that would change how the connection goes on; no field twice
 * of which servers keep one. What Node's parser, in its strict mode, makes of such a head is the same.
 */
export class RequestHead {
  /** Asked only while the bytes of the head stand where they were read from. */
  readonly fields: FieldSection;
  /** Of the head, in bytes. */
  length = 0;
  /** Path and query, as they came. Outlives the bytes. */
  target = '';
  /** What `Content-Length` says, in bytes; -1 without one, and then there is no body (RFC 9112 §6.3). */
  contentLength = -1;
  /** Whether the client wants the connection closed behind the answer. */
  wantsClose = false;
  private methodFound = METHODS[0];
  private targetEnd = 0;
  private isPending = false;
  private checkedTo = 0;
  /** Whether the request line is complete. */
  private hasRequestLine = false;

  constructor(
    names: FieldNames,
    private readonly limits: HeadLimits,
  ) {
    this.fields = new FieldSection(names, limits.maxFields);
  }

  /**
   * Frames the head that begins at `from`.
   *
   * After {@link INCOMPLETE} it goes on where it stopped: the next call must be given the same bytes and more behind
   * them, wherever they stand by then. What is said does not depend on how the bytes were split.
   *
   * @param to where the bytes end; behind the head may stand its body and further requests.
   * @returns the length of the head in bytes, with the empty line; or {@link INCOMPLETE}; or {@link UNSUPPORTED}.
   */
  frame(bytes: Buffer, from: number, to: number): number {
    if (!this.isPending) this.begin();
    const { maxHeadBytes } = this.limits;
    const end = Math.min(to, from + maxHeadBytes);
    let length = this.hasRequestLine ? 1 : this.readRequestLine(bytes, from, end);
    if (length > 0) length = this.fields.read(bytes, from, end);
    if (length === INCOMPLETE && to - from < maxHeadBytes) {
      this.isPending = true;
      return INCOMPLETE;
    }
    this.isPending = false;
    if (length <= 0 || !this.isInSubset(bytes, from)) return UNSUPPORTED;
    this.fields.complete(bytes, from, from + length);
    this.length = length;
    this.target = bytes.toString('latin1', from + this.methodFound.bytes.length, from + this.targetEnd);
    return length;
  }

  /** Forgets an incomplete head; the next one begins anew. */
  reset(): void {
    this.isPending = false;
  }

  /** In upper case. */
  get method(): string {
    return this.methodFound.name;
  }

  /**
   * The head as it goes on: request line and the fields that the rule lets pass, in their order and spelling. The
   * caller adds its own lines and the empty one.
   */
  forwardedHead(rule: ForwardingRule): string {
    return forwardedLines(this.fields, rule, 0);
  }

  /**
   * The same, copied from the bytes of the head, which must still stand there, into `out` from `at` on. Returns where it
   * ends.
   *
   * @param out with room for twice the head's length.
   */
  copyForwardedHead(rule: ForwardingRule, out: Buffer, at: number): number {
    return copyForwardedLines(this.fields, rule, out, at, 0);
  }

  private begin(): void {
    this.hasRequestLine = false;
    this.checkedTo = 0;
  }

  /** Returns the length of the line. */
  private readRequestLine(bytes: Uint8Array, from: number, end: number): number {
    const methodMatch = this.readMethod(bytes, from, end);
    if (methodMatch <= 0) return methodMatch;
    const targetStart = from + this.methodFound.bytes.length;
    let at = Math.max(targetStart, from + this.checkedTo);
    while (at < end && IS_TARGET[bytes[at]] === 1) at++;
    this.checkedTo = at - from;
    // Two slashes could be taken for an authority (RFC 3986 §4.2).
    if (at > targetStart && bytes[targetStart] !== SLASH) return UNSUPPORTED;
    if (at > targetStart + 1 && bytes[targetStart + 1] === SLASH) return UNSUPPORTED;
    if (at === end) return INCOMPLETE;
    if (bytes[at] !== SP || at === targetStart) return UNSUPPORTED;
    const versionMatch = matches(bytes, at + 1, end, VERSION_LINE_END);
    if (versionMatch <= 0) return versionMatch;
    this.targetEnd = at - from;
    this.hasRequestLine = true;
    const length = at + 1 + VERSION_LINE_END.length - from;
    this.fields.begin(length);
    return length;
  }

  private readMethod(bytes: Uint8Array, from: number, end: number): number {
    for (let i = 0; i < METHODS.length; i++) {
      const match = matches(bytes, from, end, METHODS[i].bytes);
      if (match === UNSUPPORTED) continue;
      this.methodFound = METHODS[i];
      return match;
    }
    return UNSUPPORTED;
  }

  /** Reads the fields that frame the message, and whether anything takes the request out of the subset. */
  private isInSubset(bytes: Uint8Array, from: number): boolean {
    const { fields } = this;
    if (fields.hasHandedOver || fields.hasRepeats) return false;
    return this.hasHost(bytes, from) && this.readContentLength(bytes, from) && this.readConnection(bytes, from);
  }

  private hasHost(bytes: Uint8Array, from: number): boolean {
    const place = this.fields.placeOf(HOST);
    if (place < 0) return false;
    const start = from + this.fields.valueStart(place);
    const end = from + this.fields.valueEnd(place);
    for (let at = start; at < end; at++) {
      if (IS_HOST[bytes[at]] === 0) return false;
    }
    return end > start;
  }

  private readContentLength(bytes: Uint8Array, from: number): boolean {
    this.contentLength = -1;
    const place = this.fields.placeOf(CONTENT_LENGTH);
    if (place < 0) return true;
    const start = from + this.fields.valueStart(place);
    const end = from + this.fields.valueEnd(place);
    // 010 is ten, but not to everybody.
    const hasLeadingZero = bytes[start] === 0x30 && end - start > 1;
    this.contentLength = hasLeadingZero ? -1 : wholeNumberIn(bytes, start, end);
    return this.contentLength === 0 || (this.contentLength > 0 && this.methodFound.mayHaveBody);
  }

  private readConnection(bytes: Uint8Array, from: number): boolean {
    this.wantsClose = false;
    const place = this.fields.placeOf(CONNECTION);
    if (place < 0) return true;
    const { fields } = this;
    const option = connectionOptionIn(bytes, from + fields.valueStart(place), from + fields.valueEnd(place));
    this.wantsClose = option === 'close';
    return option !== 'other';
  }
}
