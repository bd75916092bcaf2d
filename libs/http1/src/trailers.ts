// Trailer sections (RFC 9112 §7.1.2): the field lines between the last chunk and the empty line.
import { CONTENT_LENGTH, TRANSFER_ENCODING, type FieldNames } from './field-names.js';
import { FieldSection } from './field-section.js';
import { forwardedLines } from './forwarded-lines.js';
import type { ForwardingRule } from './forwarding-rule.js';
import type { HeadLimits } from './head.js';
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';

/** Frames one trailer section after another. What it says of one is valid until the next. */
export class Trailers {
  readonly fields: FieldSection;
  private isPending = false;

  constructor(
    names: FieldNames,
    private readonly limits: HeadLimits,
  ) {
    this.fields = new FieldSection(names, limits.maxFields);
  }

  /**
   * Frames the section that begins at `from`, behind the line of the last chunk. Like `frame` of the heads.
   *
   * @returns its length in bytes, with the empty line; or {@link INCOMPLETE}; or {@link UNSUPPORTED}.
   */
  frame(bytes: Buffer, from: number, to: number): number {
    if (!this.isPending) this.fields.begin(0);
    const { maxHeadBytes } = this.limits;
    const length = this.fields.read(bytes, from, Math.min(to, from + maxHeadBytes));
    this.isPending = length === INCOMPLETE && to - from < maxHeadBytes;
    if (this.isPending) return INCOMPLETE;
    if (length <= 0 || this.framesMessage) return UNSUPPORTED;
    this.fields.complete(bytes, from, from + length);
    return length;
  }

  /** RFC 9110 §6.5.1: what frames a message may not stand behind it. Parsers differ about what it would mean. */
  private get framesMessage(): boolean {
    return this.fields.placeOf(CONTENT_LENGTH) >= 0 || this.fields.placeOf(TRANSFER_ENCODING) >= 0;
  }

  /** Forgets an incomplete section; the next one begins anew. */
  reset(): void {
    this.isPending = false;
  }

  /** The lines that the rule lets pass, without the empty one. */
  forwardedLines(rule: ForwardingRule): string {
    return forwardedLines(this.fields, rule);
  }
}
