// Trailer sections (RFC 9112 §7.1.2): the field lines between the last chunk and the empty line.
import { CONTENT_LENGTH, TRANSFER_ENCODING, type FieldNames } from './field-names.js';
import { FieldSection } from './field-section.js';
import { forwardedLines } from './forwarded-lines.js';
import type { ForwardingRule } from './forwarding-rule.js';
import type { HeadLimits } from './head.js';
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';

/** Frames one trailer section after another in one object: its properties are valid until the next call. */
export class Trailers {
  /** Valid only while the bytes of the section are in place. */
  readonly fields: FieldSection;
  private isPending = false;

  constructor(
    names: FieldNames,
    private readonly limits: HeadLimits,
  ) {
    this.fields = new FieldSection(names, limits.maxFields);
  }

  /**
   * Frames the section that starts at `from`, after the line of the last chunk. Resumes like `frame` of the heads.
   *
   * @returns its length in bytes, including the empty line; or {@link INCOMPLETE}; or {@link UNSUPPORTED}.
   */
  frame(bytes: Buffer, from: number, to: number): number {
    if (!this.isPending) this.fields.reset(0);
    const { maxHeadBytes } = this.limits;
    const length = this.fields.read(bytes, from, Math.min(to, from + maxHeadBytes));
    this.isPending = length === INCOMPLETE && to - from < maxHeadBytes;
    if (this.isPending) return INCOMPLETE;
    if (length <= 0 || this.framesMessage) return UNSUPPORTED;
    this.fields.complete(bytes, from, from + length);
    return length;
  }

  /** RFC 9110 §6.5.1: framing fields are not allowed in trailers. Parsers differ about their meaning there. */
  private get framesMessage(): boolean {
    return this.fields.placeOf(CONTENT_LENGTH) >= 0 || this.fields.placeOf(TRANSFER_ENCODING) >= 0;
  }

  /** Discards an incomplete section. The next call starts a new one. */
  reset(): void {
    this.isPending = false;
  }

  /** Returns the lines that the rule forwards, without the empty line. */
  forwardedLines(rule: ForwardingRule): string {
    return forwardedLines(this.fields, rule);
  }
}
