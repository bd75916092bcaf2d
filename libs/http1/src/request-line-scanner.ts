// Scans request lines (RFC 9112 §3), in pieces of any size and without copying more than method and version.
import { BACKSLASH, CR, IS_TARGET, IS_TEXT, LF, LOWER_TOKEN, SP } from './bytes.js';
import type { FramingError } from './framing-error.js';

/** The longest method, and the longest version, bytes. */
const MAX_WORD_BYTES = 256;
/** Versions of HTTP that have another wire format. */
const OTHER_VERSIONS = new Set(['HTTP/2.0', 'HTTP/3.0']);

/** The states: what the next byte belongs to. */
const METHOD = 0;
const TARGET = 1;
const VERSION = 2;
const COMPLETE = 3;

/**
 * Scans one request line after another in one object.
 *
 * Strict: one space between the parts; a method that the caller knows, in its case (RFC 9110 §9.1); a target of printable
 * ASCII without `#`; HTTP/1.0 or 1.1.
 */
export class RequestLineScanner {
  /** Why scanning stopped. */
  error: FramingError | undefined;
  /** As far as it was scanned. */
  method = '';
  /** Whether the version is HTTP/1.0. */
  isHttp10 = false;
  private state = METHOD;
  /** Bytes of the target. */
  private targetLength = 0;
  private version = '';

  /**
   * @param methods the methods that are known.
   * @param maxTargetBytes the longest target.
   */
  constructor(
    private readonly methods: ReadonlySet<string>,
    private readonly maxTargetBytes: number,
  ) {}

  /** Prepares for the next line. */
  reset(): void {
    this.error = undefined;
    this.method = '';
    this.state = METHOD;
    this.targetLength = 0;
    this.version = '';
  }

  /** Whether the line ended where the last call stopped: at its CR, which is scanned, and before its LF. */
  get isComplete(): boolean {
    return this.state === COMPLETE;
  }

  /** Scans the bytes that follow those of the last call. Returns where to stop, as `RequestFramer.scan` does. */
  scan(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end && this.state !== COMPLETE && this.error === undefined) {
      if (this.state === METHOD) at = this.scanMethod(bytes, at, end);
      else if (this.state === TARGET) at = this.scanTarget(bytes, at, end);
      else at = this.scanVersion(bytes, at, end);
    }
    return at;
  }

  private scanMethod(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end && LOWER_TOKEN[bytes[at]] !== 0) at++;
    this.method += bytes.toString('latin1', from, at);
    if (this.method === '' || this.method.length > MAX_WORD_BYTES) this.error = 'bad-request-line';
    return at === end ? at : this.acceptSpace(bytes, at, TARGET);
  }

  private scanTarget(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end && (IS_TARGET[bytes[at]] === 1 || bytes[at] === BACKSLASH)) at++;
    this.targetLength += at - from;
    if (this.targetLength > this.maxTargetBytes) this.error = 'target-too-long';
    if (at === end || this.error !== undefined) return at;
    if (bytes[at] === CR || bytes[at] === LF || this.targetLength === 0) this.error = 'bad-request-line';
    else if (bytes[at] !== SP) this.error = 'bad-target';
    return this.acceptSpace(bytes, at, VERSION);
  }

  /** Accepts the one space that ends a part of the line. */
  private acceptSpace(bytes: Buffer, at: number, next: number): number {
    if (bytes[at] !== SP) this.error ??= 'bad-request-line';
    if (this.error !== undefined) return at;
    this.state = next;
    return at + 1;
  }

  private scanVersion(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end && IS_TEXT[bytes[at]] === 1) at++;
    this.version += bytes.toString('latin1', from, at);
    if (this.version.length > MAX_WORD_BYTES) this.error = 'bad-request-line';
    if (at === end) return at;
    if (bytes[at] === CR) this.error ??= this.errorInWords();
    else this.error ??= bytes[at] === LF ? 'bad-line-end' : 'bad-request-line';
    if (this.error !== undefined) return at;
    this.state = COMPLETE;
    return at + 1;
  }

  private errorInWords(): FramingError | undefined {
    const { method, version } = this;
    this.isHttp10 = version === 'HTTP/1.0';
    if (OTHER_VERSIONS.has(version)) return 'unsupported-version';
    if (!this.isHttp10 && version !== 'HTTP/1.1') return 'bad-request-line';
    return this.methods.has(method) ? undefined : 'unknown-method';
  }
}
