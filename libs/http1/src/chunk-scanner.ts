// Finds the end of a chunked body (RFC 9112 §7.1), in pieces of any size and without copying.
import { BACKSLASH, CR, IS_TEXT, LF, LOWER_TOKEN } from './bytes.js';
import { UNSUPPORTED } from './outcome.js';

/** Maximum digits of a chunk size, with the zeros before it. */
const MAX_SIZE_DIGITS = 16;
/** Maximum size of a chunk, bytes: what 8 hexadecimal digits can express. */
const MAX_SIZE = 0xffff_ffff;
/** Maximum length of the extensions of one chunk, bytes. */
const MAX_EXTENSION_BYTES = 1024;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;

/** The states: what the next byte belongs to. */
const FIRST_DIGIT = 0;
const SIZE = 1;
const EXTENSION_NAME_START = 2;
const EXTENSION_NAME = 3;
const EXTENSION_VALUE_START = 4;
const EXTENSION_VALUE = 5;
const QUOTED_VALUE = 6;
const QUOTED_PAIR = 7;
const QUOTED_VALUE_END = 8;
const SIZE_CR = 9;
const SIZE_LF = 10;
const DATA = 11;
const DATA_CR = 12;
const DATA_LF = 13;
const TRAILERS_START = 14;
const FINAL_LF = 15;
const TRAILERS = 16;
const COMPLETE = 17;

/** The value of each byte as a hexadecimal digit; 255 for other bytes. */
const HEX_VALUE = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[0-9a-f]/i.test(character) ? Number.parseInt(character, 16) : 255;
});

/**
 * Scans one chunked body and splits it into runs of bytes to forward unchanged:
 *
 * ```ts
 * for (let at = from; at < to && !scanner.isComplete && !scanner.hasTrailers; at = scanner.resumeAt) {
 *   const end = scanner.scan(bytes, at, to);
 *   if (end === UNSUPPORTED) return abort();
 *   forward(bytes, at, end);
 * }
 * ```
 *
 * Strict: sizes of 1 to 16 digits and less than 4 GiB, and lines that end in CRLF. Chunk extensions are accepted but
 * not forwarded: a run ends before them, and the next one starts after them. RFC 9112 §7.1.1 lets recipients ignore
 * unknown extensions, and they have been used to make two parsers disagree. Whitespace around their parts is
 * unsupported, as in Node's parser.
 */
export class ChunkScanner {
  /** Where the next run starts, as an index into the bytes of the last call. */
  resumeAt = 0;
  private state = FIRST_DIGIT;
  private sizeDigits = 0;
  private extensionBytes = 0;
  /** Bytes of the current chunk still to come, without its CRLF. */
  private left = 0;

  /** Prepares for a new body. */
  reset(): void {
    this.state = FIRST_DIGIT;
    this.left = 0;
  }

  /** Whether the body is complete. It ended where the last call stopped. */
  get isComplete(): boolean {
    return this.state === COMPLETE;
  }

  /**
   * Whether the last chunk is followed by a trailer section, to be framed by `Trailers`. It starts where the last call
   * stopped ({@link resumeAt}). Everything before it has been scanned, including the line of the last chunk.
   */
  get hasTrailers(): boolean {
    return this.state === TRAILERS;
  }

  /**
   * Scans the bytes that follow those of the last call.
   *
   * @returns where the run that starts at `from` ends: at `to`, or earlier at the end of the body, at its trailers or
   *   at a chunk extension. Or {@link UNSUPPORTED}: then the scanner must be reset.
   */
  scan(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to) {
      if (this.state === DATA) {
        const consumed = Math.min(this.left, to - at);
        this.left -= consumed;
        at += consumed;
        if (this.left === 0) this.state = DATA_CR;
      } else if (this.state >= TRAILERS) break;
      else if (this.state >= EXTENSION_NAME_START && this.state <= QUOTED_VALUE_END) {
        // Reached only at the start of a call: a run never continues into an extension.
        at = this.skipExtension(bytes, at, to);
        if (at === UNSUPPORTED) return UNSUPPORTED;
        this.resumeAt = at;
        return from;
      } else {
        const state = this.next(bytes[at]);
        if (state === UNSUPPORTED) return UNSUPPORTED;
        this.state = state;
        if (state === EXTENSION_NAME_START) return this.stopBefore(bytes, at, to);
        if (state !== TRAILERS) at++;
      }
    }
    this.resumeAt = at;
    return at;
  }

  /** Returns the state after a byte of framing. */
  private next(byte: number): number {
    switch (this.state) {
      case FIRST_DIGIT:
        return this.startSize(byte);
      case SIZE:
        return this.continueSize(byte);
      case SIZE_CR:
        return byte === CR ? SIZE_LF : UNSUPPORTED;
      case SIZE_LF:
        if (byte !== LF) return UNSUPPORTED;
        return this.left === 0 ? TRAILERS_START : DATA;
      case DATA_CR:
        return byte === CR ? DATA_LF : UNSUPPORTED;
      case DATA_LF:
        return byte === LF ? FIRST_DIGIT : UNSUPPORTED;
      case TRAILERS_START:
        return byte === CR ? FINAL_LF : TRAILERS;
      default:
        return byte === LF ? COMPLETE : UNSUPPORTED;
    }
  }

  private startSize(byte: number): number {
    const digit = HEX_VALUE[byte];
    if (digit === 255) return UNSUPPORTED;
    this.left = digit;
    this.sizeDigits = 1;
    return SIZE;
  }

  private continueSize(byte: number): number {
    const digit = HEX_VALUE[byte];
    if (digit !== 255) {
      // Multiply instead of shifting, because the size may need the 32nd bit.
      this.left = this.left * 16 + digit;
      return ++this.sizeDigits > MAX_SIZE_DIGITS || this.left > MAX_SIZE ? UNSUPPORTED : SIZE;
    }
    if (byte === CR) return SIZE_LF;
    this.extensionBytes = 0;
    return byte === SEMICOLON ? EXTENSION_NAME_START : UNSUPPORTED;
  }

  /** Ends a run before the semicolon at `at`, and finds where the next one starts. */
  private stopBefore(bytes: Uint8Array, at: number, to: number): number {
    const next = this.skipExtension(bytes, at + 1, to);
    if (next === UNSUPPORTED) return UNSUPPORTED;
    this.resumeAt = next;
    return at;
  }

  /** Returns where the extensions end, or `to`. */
  private skipExtension(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      if (++this.extensionBytes > MAX_EXTENSION_BYTES) return UNSUPPORTED;
      const state = this.nextInExtension(bytes[at]);
      if (state === UNSUPPORTED) return UNSUPPORTED;
      this.state = state;
      // The CR belongs to the line of the chunk size, which is forwarded.
      if (state === SIZE_CR) return at;
    }
    return to;
  }

  /** Returns the state after a byte of `;name`, `;name=token` or `;name="text"`. */
  private nextInExtension(byte: number): number {
    switch (this.state) {
      case EXTENSION_NAME_START:
        return LOWER_TOKEN[byte] === 0 ? UNSUPPORTED : EXTENSION_NAME;
      case EXTENSION_NAME:
        if (LOWER_TOKEN[byte] !== 0) return EXTENSION_NAME;
        return byte === EQUALS ? EXTENSION_VALUE_START : afterExtension(byte);
      case EXTENSION_VALUE_START:
        if (byte === QUOTE) return QUOTED_VALUE;
        return LOWER_TOKEN[byte] === 0 ? UNSUPPORTED : EXTENSION_VALUE;
      case EXTENSION_VALUE:
        return LOWER_TOKEN[byte] === 0 ? afterExtension(byte) : EXTENSION_VALUE;
      case QUOTED_VALUE:
        if (byte === QUOTE) return QUOTED_VALUE_END;
        if (byte === BACKSLASH) return QUOTED_PAIR;
        return IS_TEXT[byte] === 0 ? UNSUPPORTED : QUOTED_VALUE;
      case QUOTED_PAIR:
        return IS_TEXT[byte] === 0 ? UNSUPPORTED : QUOTED_VALUE;
      default:
        return afterExtension(byte);
    }
  }
}

/** Returns the state after a byte that follows a whole extension. */
function afterExtension(byte: number): number {
  if (byte === CR) return SIZE_CR;
  return byte === SEMICOLON ? EXTENSION_NAME_START : UNSUPPORTED;
}
