// Request heads (RFC 9112 §3, §5) of the subset that every server interprets in the same way.
import { IS_TARGET, SP, bytesOf } from './bytes.js';
import { CONNECTION, CONTENT_LENGTH, HOST, MAX_FORWARDS, type FieldNames } from './field-names.js';
import { FieldSection } from './field-section.js';
import { copyForwardedLines, forwardedLines } from './forwarded-lines.js';
import type { ForwardingRule } from './forwarding-rule.js';
import { parseConnectionOption, parseWholeNumber } from './framing-fields.js';
import { matchPrefix, type RequestLimits } from './head.js';
import { isHost } from './host.js';
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';

/** A supported method, with the space that follows it. */
interface Method {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Whether a body has a defined meaning (RFC 9110 §9.3). For other methods, servers treat a body differently. */
  readonly mayHaveBody: boolean;
}

const METHODS: readonly Method[] = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((name) => ({
  name,
  bytes: bytesOf(`${name} `),
  mayHaveBody: ['POST', 'PUT', 'PATCH'].includes(name),
}));
const OPTIONS = METHODS.find(({ name }) => name === 'OPTIONS');
const VERSION_LINE_END = bytesOf('HTTP/1.1\r\n');
const SLASH = 0x2f;

/**
 * Frames one request head after another in one object: its properties are valid until the next call.
 *
 * The subset is an allowlist: one of seven methods; a target in origin-form; `HTTP/1.1`; lines that end in CRLF;
 * exactly one `Host`; at most one body length, in plain digits; no field that changes the connection; no repetition of
 * a field that must be single; no `Max-Forwards` with OPTIONS. Node's parser in strict mode reads such a head in the same way.
 */
export class RequestHead {
  /** Valid only while the bytes of the head are in place. */
  readonly fields: FieldSection;
  /** Length of the head, bytes. */
  length = 0;
  /** Path and query as received. Stays valid when the bytes are gone. */
  target = '';
  /** The value of `Content-Length`, bytes; -1 without one, and then there is no body (RFC 9112 §6.3). */
  contentLength = -1;
  /** Whether the client wants the connection closed after the response. */
  wantsClose = false;
  private matchedMethod = METHODS[0];
  private targetEnd = 0;
  private isPending = false;
  private checkedTo = 0;
  /** Whether the request line is complete. */
  private hasRequestLine = false;

  constructor(
    names: FieldNames,
    private readonly limits: RequestLimits,
  ) {
    this.fields = new FieldSection(names, limits.maxFields);
  }

  /**
   * Frames the head that starts at `from`.
   *
   * After {@link INCOMPLETE}, call it again with the same bytes followed by more; they may be in another buffer. The
   * result does not depend on how the bytes were split.
   *
   * @param to where the bytes end. The body and further requests may follow the head.
   * @returns the length of the head in bytes, including the empty line; or {@link INCOMPLETE}; or {@link UNSUPPORTED}.
   */
  frame(bytes: Buffer, from: number, to: number): number {
    if (!this.isPending) this.start();
    const { maxHeadBytes } = this.limits;
    const end = Math.min(to, from + maxHeadBytes);
    let length = this.hasRequestLine ? 1 : this.readRequestLine(bytes, from, end);
    if (length > 0) length = this.fields.read(bytes, from, end);
    if (length === INCOMPLETE && to - from < maxHeadBytes && !this.isAlreadyUnsupported) {
      this.isPending = true;
      return INCOMPLETE;
    }
    this.isPending = false;
    if (length <= 0 || !this.isInSubset(bytes, from)) return UNSUPPORTED;
    this.fields.complete(bytes, from, from + length);
    this.length = length;
    this.target = bytes.toString('latin1', from + this.matchedMethod.bytes.length, from + this.targetEnd);
    return length;
  }

  /** Discards an incomplete head. The next call starts a new one. */
  reset(): void {
    this.isPending = false;
  }

  /** In upper case. */
  get method(): string {
    return this.matchedMethod.name;
  }

  /**
   * Returns the head to forward: the request line and the fields that the rule forwards, with order and spelling kept.
   * The caller appends its own lines and the empty line.
   */
  forwardedHead(rule: ForwardingRule): string {
    return forwardedLines(this.fields, rule, 0);
  }

  /**
   * Like {@link forwardedHead}, but copies from the bytes of the head, which must still be in place, into `out` at
   * `at`.
   *
   * @param out with room for twice the length of the head.
   * @returns where the head ends in `out`.
   */
  copyForwardedHead(rule: ForwardingRule, out: Buffer, at: number): number {
    return copyForwardedLines(this.fields, rule, out, at, 0);
  }

  /** Like {@link copyForwardedHead}, without the request line. */
  copyForwardedFields(rule: ForwardingRule, out: Buffer, at: number): number {
    return copyForwardedLines(this.fields, rule, out, at);
  }

  /** Whether the fields so far make the head unsupported, whatever follows: a server may refuse it without the rest. */
  private get isAlreadyUnsupported(): boolean {
    return this.hasRequestLine && (this.fields.hasRepeats || this.fields.hasUnsupportedName);
  }

  private start(): void {
    this.hasRequestLine = false;
    this.checkedTo = 0;
  }

  /** Returns the length of the line. */
  private readRequestLine(bytes: Uint8Array, from: number, end: number): number {
    const methodMatch = this.readMethod(bytes, from, end);
    if (methodMatch <= 0) return methodMatch;
    const targetStart = from + this.matchedMethod.bytes.length;
    let at = Math.max(targetStart, from + this.checkedTo);
    while (at < end && IS_TARGET[bytes[at]] === 1) at++;
    this.checkedTo = at - from;
    // Two slashes could be read as the start of an authority (RFC 3986 §4.2).
    if (at > targetStart && bytes[targetStart] !== SLASH) return UNSUPPORTED;
    if (at > targetStart + 1 && bytes[targetStart + 1] === SLASH) return UNSUPPORTED;
    if (at - targetStart > this.limits.maxTargetBytes) return UNSUPPORTED;
    if (at === end) return INCOMPLETE;
    if (bytes[at] !== SP || at === targetStart) return UNSUPPORTED;
    const versionMatch = matchPrefix(bytes, at + 1, end, VERSION_LINE_END);
    if (versionMatch <= 0) return versionMatch;
    this.targetEnd = at - from;
    this.hasRequestLine = true;
    const length = at + 1 + VERSION_LINE_END.length - from;
    this.fields.reset(length);
    return length;
  }

  private readMethod(bytes: Uint8Array, from: number, end: number): number {
    for (let i = 0; i < METHODS.length; i++) {
      const match = matchPrefix(bytes, from, end, METHODS[i].bytes);
      if (match === UNSUPPORTED) continue;
      this.matchedMethod = METHODS[i];
      return match;
    }
    return UNSUPPORTED;
  }

  /** Reads the fields that frame the message. Returns whether the request is supported. */
  private isInSubset(bytes: Uint8Array, from: number): boolean {
    const { fields } = this;
    if (fields.hasUnsupportedName || fields.hasRepeats) return false;
    // RFC 9110 §7.6.2: the field is counted down in such a request, and has no meaning in others.
    if (this.matchedMethod === OPTIONS && fields.placeOf(MAX_FORWARDS) >= 0) return false;
    return this.hasValidHost(bytes, from) && this.readContentLength(bytes, from) && this.readConnection(bytes, from);
  }

  private hasValidHost(bytes: Uint8Array, from: number): boolean {
    const place = this.fields.placeOf(HOST);
    if (place < 0) return false;
    const start = from + this.fields.valueStart(place);
    const end = from + this.fields.valueEnd(place);
    return isHost(bytes, start, end);
  }

  private readContentLength(bytes: Uint8Array, from: number): boolean {
    this.contentLength = -1;
    const place = this.fields.placeOf(CONTENT_LENGTH);
    if (place < 0) return true;
    const start = from + this.fields.valueStart(place);
    const end = from + this.fields.valueEnd(place);
    // Some parsers read 010 as octal.
    const hasLeadingZero = bytes[start] === 0x30 && end - start > 1;
    this.contentLength = hasLeadingZero ? -1 : parseWholeNumber(bytes, start, end);
    return this.contentLength === 0 || (this.contentLength > 0 && this.matchedMethod.mayHaveBody);
  }

  private readConnection(bytes: Uint8Array, from: number): boolean {
    this.wantsClose = false;
    const place = this.fields.placeOf(CONNECTION);
    if (place < 0) return true;
    const { fields } = this;
    const option = parseConnectionOption(bytes, from + fields.valueStart(place), from + fields.valueEnd(place));
    this.wantsClose = option === 'close';
    return option !== 'other';
  }
}
