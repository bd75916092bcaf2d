// The lines of a field section that go on by a rule, each as `name: value` and CRLF, whatever blanks it came with.
//
// Adjacent lines that came in that very form are taken in one run: the bytes are the same as if each had been put together
// from its spans, at a third of the cost.
import { NAME_START, STRIDE, TAG, VALUE_END, type FieldSection } from './field-section.js';
import type { ForwardingRule } from './forwarding-rule.js';

/**
 * The lines as text in which each character is a byte.
 *
 * @param startOfRun where text begins that goes on as it is and ends where the first line begins.
 */
export function forwardedLines(fields: FieldSection, rule: ForwardingRule, startOfRun = fields.firstLine): string {
  const { spans, text, count, firstLine } = fields;
  const { isDropped } = rule;
  let lines = '';
  let runStart = startOfRun;
  let runEnd = firstLine;
  for (let place = 0, span = 0; place < count; place++, span += STRIDE) {
    const tag = spans[span + TAG];
    if (isDropped[tag >> 1] === 1) continue;
    const start = spans[span + NAME_START];
    const isCanonical = (tag & 1) === 1;
    if (runEnd !== start || !isCanonical) {
      lines += text.slice(runStart, runEnd);
      runStart = start;
      runEnd = start;
    }
    if (isCanonical) runEnd = spans[span + VALUE_END] + 2;
    else lines += lineOf(fields, place);
  }
  return lines + text.slice(runStart, runEnd);
}

/**
 * The same, copied from the bytes of the head into `out` from `at` on, where there must be room for them: no more than twice
 * the head's length. Returns where they end.
 */
export function copyForwardedLines(
  fields: FieldSection,
  rule: ForwardingRule,
  out: Buffer,
  at: number,
  startOfRun = fields.firstLine,
): number {
  const { spans, bytes, headStart, count, firstLine } = fields;
  const { isDropped } = rule;
  let end = at;
  let runStart = startOfRun;
  let runEnd = firstLine;
  for (let place = 0, span = 0; place < count; place++, span += STRIDE) {
    const tag = spans[span + TAG];
    if (isDropped[tag >> 1] === 1) continue;
    const start = spans[span + NAME_START];
    const isCanonical = (tag & 1) === 1;
    if (runEnd !== start || !isCanonical) {
      if (runEnd > runStart) end += bytes.copy(out, end, headStart + runStart, headStart + runEnd);
      runStart = start;
      runEnd = start;
    }
    if (isCanonical) runEnd = spans[span + VALUE_END] + 2;
    else end += out.write(lineOf(fields, place), end, 'latin1');
  }
  return runEnd > runStart ? end + bytes.copy(out, end, headStart + runStart, headStart + runEnd) : end;
}

/** The lines where `Connection` names fields, too: those go no further (RFC 9110 §7.6.1), but for what the rule keeps. */
export function forwardedLinesUnnamed(fields: FieldSection, rule: ForwardingRule): string {
  const named = fields.connectionOptions();
  let lines = '';
  for (let place = 0; place < fields.count; place++) {
    const number = fields.numberAt(place);
    const isNamed = named.has(fields.nameText(place).toLowerCase()) && rule.isKept[number] === 0;
    if (rule.isDropped[number] === 0 && !isNamed) lines += lineOf(fields, place);
  }
  return lines;
}

function lineOf(fields: FieldSection, place: number): string {
  return `${fields.nameText(place)}: ${fields.valueText(place)}\r\n`;
}
