// Numbers for field names, so that a rule about a field is a table lookup and needs no string.
import { LOWER_TOKEN, bytesOf, equalsIgnoringCase } from './bytes.js';
import { NamePatterns } from './name-patterns.js';
import { COMMON_FIELD_NAMES } from './common-field-names.js';

/** The number of every unknown name. */
export const UNKNOWN_FIELD = 0;
/** `Host`. */
export const HOST = 1;
/** `Connection`. */
export const CONNECTION = 2;
/** `Content-Length`. */
export const CONTENT_LENGTH = 3;
/** `Transfer-Encoding`. */
export const TRANSFER_ENCODING = 4;
/** `Keep-Alive`. */
export const KEEP_ALIVE = 5;
/** `Close`. Not a registered field, but if one were sent, `Connection: close` would name it as hop-by-hop. */
export const CLOSE = 6;
/** `Max-Forwards`. */
export const MAX_FORWARDS = 7;
/** Any name with `_`, which some servers take for `-` (RFC 3875 §4.1.18). */
export const UNDERSCORED = 9;

/** The names that framing needs, in the order of the numbers above. The last two stand for many names. */
const FRAMING_NAMES = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'close',
  'max-forwards',
  'proxy-',
  '_',
];

/** A request with one of these fields, or with any `Proxy-` field, is left to a complete HTTP server. */
const UNSUPPORTED_IN_REQUESTS = ['transfer-encoding', 'expect', 'upgrade', 'te', 'trailer', 'http2-settings', 'close'];

/**
 * Fields for which Node keeps only the first value when they are repeated (`message.headers` in its documentation), and
 * `Cookie`, which it joins differently. Other servers may keep the last value.
 */
const SINGLE_NAMES = [
  'age',
  'authorization',
  'content-type',
  'cookie',
  'etag',
  'expires',
  'from',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'referer',
  'retry-after',
  'server',
  'user-agent',
];

/** Maximum length of a supported name, bytes. */
export const MAX_NAME_BYTES = 128;

const SLOTS = 512;

/** Numbers for field names. Built once, from the names that the caller's rules use; read for every field. */
export class FieldNames {
  /** Names in lower case, by number; index 0 is unused. */
  private readonly names: string[] = [''];
  private readonly spelling: Uint8Array[] = [new Uint8Array(0)];
  private readonly patterns = new NamePatterns();
  /** Length of each name, by number. */
  private readonly lengths: Uint8Array;
  /** The first name of each hash slot, and for each name the next one in its slot; 0 ends the chain. */
  private readonly slots = new Uint8Array(SLOTS);
  private readonly next: Uint8Array;
  /** The beginnings of names, and the number of those names that have no other. */
  private readonly prefixes: readonly { readonly bytes: Uint8Array; readonly number: number }[];
  /** 1 for names that make a request unsupported, by number. */
  readonly isUnsupportedInRequest: Uint8Array;
  /** 1 for names that a request may repeat, by number: neither framing nor the caller's rules interpret them. */
  readonly mayRepeat: Uint8Array;

  /**
   * @param others names that the caller's rules use, in any case, in addition to those that framing needs. A request
   *   may not repeat any of them.
   * @param prefixes beginnings such as `x-forwarded-`, in any case. All names with one that have no number of their own
   *   share a number: that of the prefix.
   * @throws {RangeError} when there are more than 255 names in total, or one is not a field name, or has `_`.
   */
  constructor(others: Iterable<string> = [], prefixes: Iterable<string> = []) {
    const lower = Array.from(others, (name) => name.toLowerCase());
    const interpreted = new Set([...FRAMING_NAMES, ...UNSUPPORTED_IN_REQUESTS, ...SINGLE_NAMES, ...lower]);
    const lowerPrefixes = Array.from(prefixes, (prefix) => prefix.toLowerCase());
    const all = new Set([...interpreted, ...COMMON_FIELD_NAMES, ...lowerPrefixes]);
    if (all.size > 255) throw new RangeError(`at most 255 field names are allowed, got ${all.size}`);
    this.next = new Uint8Array(all.size + 1);
    this.patterns.add(this.spelling[0]);
    for (const name of all) this.add(name);
    this.lengths = Uint8Array.from(this.spelling, ({ length }) => length);
    this.prefixes = ['proxy-', ...lowerPrefixes].map((prefix) => ({
      bytes: bytesOf(prefix),
      number: this.numberOf(prefix),
    }));
    this.mayRepeat = Uint8Array.from(this.names, (name) => (interpreted.has(name) && name !== '_' ? 0 : 1));
    this.isUnsupportedInRequest = Uint8Array.from(this.names, (name) =>
      UNSUPPORTED_IN_REQUESTS.includes(name) || name.startsWith('proxy-') ? 1 : 0,
    );
  }

  /** How many numbers there are, including `UNKNOWN_FIELD`. */
  get size(): number {
    return this.names.length;
  }

  /**
   * Returns the number of a name in any case.
   *
   * @throws {RangeError} when the name is unknown.
   */
  numberOf(name: string): number {
    const number = this.names.indexOf(name.toLowerCase());
    if (number > 0) return number;
    throw new RangeError(`unknown field name ${JSON.stringify(name)}: pass it to the constructor of FieldNames`);
  }

  /**
   * Returns a set of known names as a table for {@link ForwardingRule}: 1 at the number of each name. A prefix stands for
   * all names that begin with it.
   *
   * @throws {RangeError} when a name is unknown.
   */
  setOf(names: Iterable<string>): Uint8Array {
    const set = new Uint8Array(this.size);
    for (const name of names) {
      const number = this.numberOf(name);
      set[number] = 1;
      if (!this.prefixes.some((prefix) => prefix.number === number)) continue;
      this.names.forEach((other, i) => (set[i] ||= other.startsWith(name.toLowerCase()) ? 1 : 0));
    }
    return set;
  }

  /**
   * Returns the number of the name in `bytes` from `start` to before `end`. The name must be a token, without `_` and not
   * empty.
   */
  find(bytes: Uint8Array, start: number, end: number): number {
    let number = this.slots[slotOf(bytes, start, end)];
    while (number !== UNKNOWN_FIELD) {
      if (equalsIgnoringCase(bytes, start, end, this.spelling[number])) return number;
      number = this.next[number];
    }
    const first = LOWER_TOKEN[bytes[start]];
    for (let i = 0; i < this.prefixes.length; i++) {
      const prefix = this.prefixes[i];
      if (prefix.bytes[0] !== first) continue;
      const prefixEnd = start + prefix.bytes.length;
      if (end > prefixEnd && equalsIgnoringCase(bytes, start, prefixEnd, prefix.bytes)) return prefix.number;
    }
    return UNKNOWN_FIELD;
  }

  /**
   * Returns where the name with this number ends, if it starts at `start` in `view` and a colon follows. Otherwise, or
   * when too few bytes follow to compare whole words, -1.
   */
  endOf(number: number, view: DataView, start: number, end: number): number {
    return this.patterns.isAt(number, view, start, end) ? start + this.lengths[number] : -1;
  }

  private add(name: string): void {
    const bytes = bytesOf(name);
    const isToken = bytes.length > 0 && bytes.every((byte) => LOWER_TOKEN[byte] === byte);
    if (name.includes('_') && name !== '_')
      throw new RangeError(`a field name with "_" has no number of its own, got ${JSON.stringify(name)}`);
    if (!isToken || bytes.length > MAX_NAME_BYTES)
      throw new RangeError(`a field name must be a token of 1 to ${MAX_NAME_BYTES} bytes, got ${JSON.stringify(name)}`);
    const number = this.names.length;
    this.names.push(name);
    this.spelling.push(bytes);
    this.patterns.add(bytes);
    const slot = slotOf(bytes, 0, bytes.length);
    this.next[number] = this.slots[slot];
    this.slots[slot] = number;
  }
}

/** A hash of the length and three letters, which distinguishes almost all names; `find` compares the rest. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const first = LOWER_TOKEN[bytes[start]];
  const middle = LOWER_TOKEN[bytes[start + (length >> 1)]];
  const last = LOWER_TOKEN[bytes[end - 1]];
  return (length * 13 + first * 7 + middle * 37 + last * 101) & (SLOTS - 1);
}
