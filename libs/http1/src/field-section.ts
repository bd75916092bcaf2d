// The lines of a field section (RFC 9112 §5), read into spans: of a request, of a response, or of trailers.
import { COLON, CR, HTAB, IS_TEXT, LF, LOWER_TOKEN, SP } from './bytes.js';
import { CONNECTION, MAX_NAME_BYTES, UNKNOWN_FIELD, type FieldNames } from './field-names.js';
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';
import { endOfText } from './text-scan.js';

/** Numbers kept for each field: four ends of spans, then the number of its name, doubled, plus 1 if it is canonical. */
export const STRIDE = 5;
export const NAME_START = 0;
export const NAME_END = 1;
export const VALUE_START = 2;
export const VALUE_END = 3;
export const TAG = 4;
const FIRST_CAPACITY = 16;
/** Of the fields' places by number: none. */
const NOWHERE = -1;
const EMPTY_BUFFER = Buffer.alloc(0);

/**
 * The fields of one head. Reused for the next; what is asked of it is only valid until then. All positions count from
 * the first byte of the head, so that an incomplete one may be moved.
 */
export class FieldSection {
  /** How many fields there are. */
  count = 0;
  /** Whether a known name stands there more than once that may not: {@link FieldNames.mayRepeat}. */
  hasRepeats = false;
  /** Whether a name stands there that hands a request over: {@link FieldNames.isHandedOver}. */
  hasHandedOver = false;
  /** Where the head stands when it is complete, and the same as text once somebody wants it. */
  bytes: Buffer = EMPTY_BUFFER;
  headStart = 0;
  private headEnd = 0;
  private asText: string | undefined;
  /** The bytes that are read, mostly the same again and again, and the view of them. */
  private viewIsOf: Uint8Array = EMPTY_BUFFER;
  private view: DataView = new DataView(EMPTY_BUFFER.buffer);
  /** What was read: {@link STRIDE} numbers a field, positions from the first byte of the head. */
  spans: Int32Array = new Int32Array(FIRST_CAPACITY * STRIDE);
  /** The place of the first field of each known name. */
  private readonly places: Int16Array;
  /** Where the first line begins. */
  firstLine = 0;
  /** Where the present one does. */
  private lineStart = 0;
  /** Where the first byte is that was not checked yet. */
  private checkedTo = 0;

  constructor(
    private readonly names: FieldNames,
    /** More fields than this are outside the subset. */
    private readonly maxFields: number,
  ) {
    this.places = new Int16Array(names.size).fill(NOWHERE);
  }

  /** Forgets everything; the first line begins at `lineStart`, counted from the first byte of the head. */
  begin(lineStart: number): void {
    this.forgetPlaces();
    this.count = 0;
    this.hasRepeats = false;
    this.hasHandedOver = false;
    this.asText = undefined;
    this.firstLine = lineStart;
    this.lineStart = lineStart;
    this.checkedTo = lineStart;
  }

  /**
   * Reads lines until the empty one, going on where it stopped for want of bytes.
   *
   * @param from where the head begins in `bytes`.
   * @param end where the bytes end.
   * @returns the length of the head up to behind the empty line, or {@link INCOMPLETE}, or {@link UNSUPPORTED}.
   */
  read(bytes: Uint8Array, from: number, end: number): number {
    if (bytes !== this.viewIsOf) this.look(bytes);
    const { names, view } = this;
    let { count, spans } = this;
    let at = from + this.lineStart;
    // One loop, and what it needs in local variables: most of what framing costs is spent here.
    while (at < end && bytes[at] !== CR && count < this.maxFields) {
      const span = count * STRIDE;
      if (span === spans.length) spans = this.grow();
      // Heads that follow each other mostly name the same fields in the same order: what stood here last is tried first.
      let number = spans[span + TAG] >> 1;
      let nameEnd = number === UNKNOWN_FIELD ? NOWHERE : names.endOf(number, view, at, end);
      if (nameEnd === NOWHERE) {
        nameEnd = at;
        while (nameEnd < end && LOWER_TOKEN[bytes[nameEnd]] !== 0) nameEnd++;
        if (nameEnd === end || nameEnd === at || bytes[nameEnd] !== COLON || nameEnd - at > MAX_NAME_BYTES) break;
        number = names.find(bytes, at, nameEnd);
      }
      const lineEnd = endOfText(view, Math.max(nameEnd + 1, from + this.checkedTo), end);
      if (lineEnd + 1 >= end || bytes[lineEnd] !== CR || bytes[lineEnd + 1] !== LF) break;
      if (number !== UNKNOWN_FIELD) this.note(number, count);
      // One space in front of the value and none behind it, as almost everybody writes.
      const isPlain = bytes[nameEnd + 1] === SP && bytes[nameEnd + 2] > SP && bytes[lineEnd - 1] > SP;
      spans[span + NAME_START] = at - from;
      spans[span + NAME_END] = nameEnd - from;
      spans[span + VALUE_START] = nameEnd + 2 - from;
      spans[span + VALUE_END] = lineEnd - from;
      spans[span + TAG] = number * 2 + 1;
      if (!isPlain) trim(spans, span, bytes, from);
      count++;
      at = lineEnd + 2;
    }
    this.count = count;
    this.lineStart = at - from;
    if (at < end && bytes[at] !== CR) return this.outcomeOfLine(bytes, from, at, end);
    if (end - at < 2) return INCOMPLETE;
    return bytes[at + 1] === LF ? at + 2 - from : UNSUPPORTED;
  }

  /** What is said of a line that is no field, or not yet; it begins at `start`. */
  private outcomeOfLine(bytes: Uint8Array, from: number, start: number, end: number): number {
    if (this.count === this.maxFields) return UNSUPPORTED;
    let at = start;
    while (at < end && LOWER_TOKEN[bytes[at]] !== 0) at++;
    if (at - start > MAX_NAME_BYTES) return UNSUPPORTED;
    if (at === end) return INCOMPLETE;
    if (bytes[at] !== COLON || at === start) return UNSUPPORTED;
    at = Math.max(at + 1, from + this.checkedTo);
    while (at < end && IS_TEXT[bytes[at]] === 1) at++;
    this.checkedTo = at - from;
    if (at === end) return INCOMPLETE;
    return bytes[at] === CR && at + 1 === end ? INCOMPLETE : UNSUPPORTED;
  }

  private look(bytes: Uint8Array): void {
    this.viewIsOf = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The head is complete. Told by its owner; the bytes must stand until no more is asked. */
  complete(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.headStart = start;
    this.headEnd = end;
  }

  /** The complete head, as text in which each character is a byte. */
  get text(): string {
    return (this.asText ??= this.bytes.toString('latin1', this.headStart, this.headEnd));
  }

  private note(number: number, place: number): void {
    if (this.places[number] === NOWHERE) this.places[number] = place;
    else if (this.names.mayRepeat[number] === 0) this.hasRepeats = true;
    if (this.names.isHandedOver[number] === 1) this.hasHandedOver = true;
  }

  private forgetPlaces(): void {
    for (let place = 0; place < this.count; place++) this.places[this.numberAt(place)] = NOWHERE;
  }

  private grow(): Int32Array {
    const spans = new Int32Array(this.spans.length * 2);
    spans.set(this.spans);
    this.spans = spans;
    return spans;
  }

  /** The place of the first field with a known name, by number; -1 if there is none. */
  placeOf(number: number): number {
    return this.places[number];
  }

  /** The place of the next field with the same known name behind `place`; -1 if there is none. */
  nextPlace(place: number): number {
    const number = this.numberAt(place);
    for (let next = place + 1; next < this.count; next++) {
      if (this.numberAt(next) === number) return next;
    }
    return NOWHERE;
  }

  /** The number of the name of the field at `place`: `UNKNOWN_FIELD`, or one of {@link FieldNames}. */
  numberAt(place: number): number {
    return this.spans[place * STRIDE + TAG] >> 1;
  }

  /** Where the name at `place` begins, and so its line, from the first byte of the head. */
  nameStart(place: number): number {
    return this.spans[place * STRIDE + NAME_START];
  }

  /** Where the value at `place` begins, from the first byte of the head. */
  valueStart(place: number): number {
    return this.spans[place * STRIDE + VALUE_START];
  }

  /** Where the value at `place` ends, from the first byte of the head; it has no blanks at its ends. */
  valueEnd(place: number): number {
    return this.spans[place * STRIDE + VALUE_END];
  }

  /** The name at `place` as it came. */
  nameText(place: number): string {
    const at = place * STRIDE;
    return this.text.slice(this.spans[at + NAME_START], this.spans[at + NAME_END]);
  }

  /** The value at `place` as it came. */
  valueText(place: number): string {
    return this.text.slice(this.valueStart(place), this.valueEnd(place));
  }

  /** The value of a known name, by number, or undefined; of repeated fields joined as RFC 9110 §5.3 says. */
  valueOf(number: number): string | undefined {
    let place = this.places[number];
    if (place === NOWHERE) return undefined;
    let value = this.valueText(place);
    if (!this.hasRepeats && this.names.mayRepeat[number] === 0) return value;
    while ((place = this.nextPlace(place)) !== NOWHERE) value += `, ${this.valueText(place)}`;
    return value;
  }

  /** Whether the value of the first field of a known name, by number, is these very bytes. Only while the head's bytes stand. */
  isValue(number: number, expected: Uint8Array): boolean {
    const place = this.places[number];
    if (place === NOWHERE) return false;
    const start = this.valueStart(place);
    if (this.valueEnd(place) - start !== expected.length) return false;
    const at = this.headStart + start;
    for (let i = 0; i < expected.length; i++) {
      if (this.bytes[at + i] !== expected[i]) return false;
    }
    return true;
  }

  /** The same for any name, which is searched for. `lowerName` is in lower case. */
  valueNamed(lowerName: string): string | undefined {
    let value: string | undefined;
    for (let place = 0; place < this.count; place++) {
      const at = place * STRIDE;
      const isLikely = this.spans[at + NAME_END] - this.spans[at + NAME_START] === lowerName.length;
      if (!isLikely || this.nameText(place).toLowerCase() !== lowerName) continue;
      value = value === undefined ? this.valueText(place) : `${value}, ${this.valueText(place)}`;
    }
    return value;
  }

  /** The options of all `Connection` fields, in lower case. */
  connectionOptions(): ReadonlySet<string> {
    const options = (this.valueOf(CONNECTION) ?? '').split(',');
    return new Set(options.map((option) => option.trim().toLowerCase()));
  }
}

/** Leaves the blanks around a value out of its span, which are none or more than usual. */
function trim(spans: Int32Array, span: number, bytes: Uint8Array, from: number): void {
  let start = from + spans[span + NAME_END] + 1;
  let end = from + spans[span + VALUE_END];
  while (start < end && isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  spans[span + VALUE_START] = start - from;
  spans[span + VALUE_END] = end - from;
  spans[span + TAG] -= 1;
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}
