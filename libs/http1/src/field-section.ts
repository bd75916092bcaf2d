// Parses the lines of a field section (RFC 9112 §5) into spans: of a request, a response, or trailers.
import { COLON, CR, HTAB, IS_TEXT, LF, LOWER_TOKEN, NAME_BYTE, SP, UNDERSCORE_BIT } from './bytes.js';
import { CONNECTION, MAX_NAME_BYTES, UNDERSCORED, UNKNOWN_FIELD, type FieldNames } from './field-names.js';
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';
import { endOfText } from './text-scan.js';

/** Numbers per field in `spans`. The constants below are their positions; offsets count from the head's first byte. */
export const STRIDE = 5;
/** Offset of the name, where the line starts. */
export const NAME_START = 0;
/** Offset of the colon after the name. */
const NAME_END = 1;
/** Offset of the value. */
const VALUE_START = 2;
/** Offset after the last byte of the value. */
export const VALUE_END = 3;
/** The number of the name times 2, plus 1 if the line is canonical: one space before the value and none after it. */
export const TAG = 4;
const INITIAL_CAPACITY = 16;
/** Marks a known name that has no field. */
const NOT_FOUND = -1;
const EMPTY_BUFFER = Buffer.alloc(0);

/**
 * The fields of one head. Reused for the next head; results are valid only until then. The index of a field is its
 * **place**. All offsets are relative to the first byte of the head, so that an incomplete head may be moved.
 */
export class FieldSection {
  /** Number of fields. */
  count = 0;
  /** Whether a known name is repeated that must not be: {@link FieldNames.mayRepeat}. */
  hasRepeats = false;
  /** Whether there is a name that makes a request unsupported: {@link FieldNames.isUnsupportedInRequest}. */
  hasUnsupportedName = false;
  /** The buffer with the complete head. */
  bytes: Buffer = EMPTY_BUFFER;
  /** Index of the first byte of the head in `bytes`. */
  headStart = 0;
  private headEnd = 0;
  private cachedText: string | undefined;
  /** The bytes read last and a view of them. Usually the same buffer again. */
  private viewedBytes: Uint8Array = EMPTY_BUFFER;
  private view: DataView = new DataView(EMPTY_BUFFER.buffer);
  /** The parsed fields: `STRIDE` numbers each, offsets relative to the first byte of the head. */
  spans: Int32Array = new Int32Array(INITIAL_CAPACITY * STRIDE);
  /** The place of the first field of each known name, by number. */
  private readonly places: Int16Array;
  /** Offset of the first line. */
  firstLine = 0;
  /** Offset of the current line. */
  private lineStart = 0;
  /** Offset of the first byte that has not been checked. */
  private checkedTo = 0;

  constructor(
    private readonly names: FieldNames,
    /** A head with more fields is unsupported. */
    private readonly maxFields: number,
  ) {
    this.places = new Int16Array(names.size).fill(NOT_FOUND);
  }

  /** Clears the section for a new head, whose first field line is at offset `lineStart`. */
  reset(lineStart: number): void {
    this.clearPlaces();
    this.count = 0;
    this.hasRepeats = false;
    this.hasUnsupportedName = false;
    this.cachedText = undefined;
    this.firstLine = lineStart;
    this.lineStart = lineStart;
    this.checkedTo = lineStart;
  }

  /**
   * Reads lines up to the empty one. After {@link INCOMPLETE}, continues where it stopped.
   *
   * @param from where the head starts in `bytes`.
   * @param end where the bytes end.
   * @returns the length of the head including the empty line, or {@link INCOMPLETE}, or {@link UNSUPPORTED}.
   */
  read(bytes: Uint8Array, from: number, end: number): number {
    if (bytes !== this.viewedBytes) this.setView(bytes);
    const { names, view } = this;
    let { count, spans } = this;
    let at = from + this.lineStart;
    // One loop with local variables: most of the cost of framing is here.
    while (at < end && bytes[at] !== CR && count < this.maxFields) {
      const span = count * STRIDE;
      if (span === spans.length) spans = this.grow();
      // Successive heads usually have the same fields in the same order, so try the name that was last at this place.
      let number = spans[span + TAG] >> 1;
      let nameEnd = number === UNKNOWN_FIELD ? NOT_FOUND : names.endOf(number, view, at, end);
      if (nameEnd === NOT_FOUND) {
        nameEnd = at;
        let kinds = 0;
        for (let kind = 0; nameEnd < end && (kind = NAME_BYTE[bytes[nameEnd]]) !== 0; nameEnd++) kinds |= kind;
        if (nameEnd === end || nameEnd === at || bytes[nameEnd] !== COLON || nameEnd - at > MAX_NAME_BYTES) break;
        number = kinds < UNDERSCORE_BIT ? names.find(bytes, at, nameEnd) : UNDERSCORED;
      }
      const lineEnd = endOfText(view, Math.max(nameEnd + 1, from + this.checkedTo), end);
      if (lineEnd + 1 >= end || bytes[lineEnd] !== CR || bytes[lineEnd + 1] !== LF) break;
      if (number !== UNKNOWN_FIELD) this.recordKnownField(number, count);
      // Exactly one space before the value and none after it, as in almost all heads.
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

  /** Returns the outcome for a line at `start` that is not a complete field. */
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

  private setView(bytes: Uint8Array): void {
    this.viewedBytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Marks the head as complete. The bytes must stay in place while fields are read. */
  complete(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.headStart = start;
    this.headEnd = end;
  }

  /** The complete head, as text in which each character is one byte. */
  get text(): string {
    return (this.cachedText ??= this.bytes.toString('latin1', this.headStart, this.headEnd));
  }

  private recordKnownField(number: number, place: number): void {
    if (this.places[number] === NOT_FOUND) this.places[number] = place;
    else if (this.names.mayRepeat[number] === 0) this.hasRepeats = true;
    if (this.names.isUnsupportedInRequest[number] === 1) this.hasUnsupportedName = true;
  }

  private clearPlaces(): void {
    for (let place = 0; place < this.count; place++) this.places[this.numberAt(place)] = NOT_FOUND;
  }

  private grow(): Int32Array {
    const spans = new Int32Array(this.spans.length * 2);
    spans.set(this.spans);
    this.spans = spans;
    return spans;
  }

  /** Returns the place of the first field with this number; -1 if there is none. */
  placeOf(number: number): number {
    return this.places[number];
  }

  /** Returns the place of the next field with the same known name after `place`; -1 if there is none. */
  nextPlace(place: number): number {
    const number = this.numberAt(place);
    for (let next = place + 1; next < this.count; next++) {
      if (this.numberAt(next) === number) return next;
    }
    return NOT_FOUND;
  }

  /** Returns the number of the name at `place`: `UNKNOWN_FIELD`, or one of {@link FieldNames}. */
  numberAt(place: number): number {
    return this.spans[place * STRIDE + TAG] >> 1;
  }

  /** Returns the offset of the name at `place`, where its line starts. */
  nameStart(place: number): number {
    return this.spans[place * STRIDE + NAME_START];
  }

  /** Returns the offset of the value at `place`. */
  valueStart(place: number): number {
    return this.spans[place * STRIDE + VALUE_START];
  }

  /** Returns the offset of the end of the value at `place`, without trailing whitespace. */
  valueEnd(place: number): number {
    return this.spans[place * STRIDE + VALUE_END];
  }

  /** Returns the name at `place` as received. */
  nameText(place: number): string {
    const at = place * STRIDE;
    return this.text.slice(this.spans[at + NAME_START], this.spans[at + NAME_END]);
  }

  /** Returns the value at `place` as received. */
  valueText(place: number): string {
    return this.text.slice(this.valueStart(place), this.valueEnd(place));
  }

  /**
   * Returns the value of the field with this number, or undefined. Values of repeated fields are joined (RFC 9110
   * §5.3).
   */
  valueOf(number: number): string | undefined {
    let place = this.places[number];
    if (place === NOT_FOUND) return undefined;
    let value = this.valueText(place);
    if (!this.hasRepeats && this.names.mayRepeat[number] === 0) return value;
    while ((place = this.nextPlace(place)) !== NOT_FOUND) value += `, ${this.valueText(place)}`;
    return value;
  }

  /**
   * Whether the first field with this number has exactly the value `expected`. Valid only while the head's bytes are in
   * place.
   */
  isValue(number: number, expected: Uint8Array): boolean {
    const place = this.places[number];
    if (place === NOT_FOUND) return false;
    const start = this.valueStart(place);
    if (this.valueEnd(place) - start !== expected.length) return false;
    const at = this.headStart + start;
    for (let i = 0; i < expected.length; i++) {
      if (this.bytes[at + i] !== expected[i]) return false;
    }
    return true;
  }

  /** Like {@link valueOf}, for any name; searches all fields. `lowerName` is in lower case. */
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

  /** Returns the options of all `Connection` fields, in lower case. */
  connectionOptions(): ReadonlySet<string> {
    const options = (this.valueOf(CONNECTION) ?? '').split(',');
    return new Set(options.map((option) => option.trim().toLowerCase()));
  }
}

/** Removes whitespace around a value from its span, and marks the line as not canonical. */
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
