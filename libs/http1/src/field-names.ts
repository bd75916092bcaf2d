// Field names that are known by number, so that rules about them are a look-up per field and no text is made.
import { LOWER_TOKEN, bytesOf, readsLike } from './bytes.js';
import { NamePatterns } from './name-patterns.js';
import { USUAL_NAMES } from './common-field-names.js';

/** The number of every name that is not known. */
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
/** `Close`, which is no field; but the usual `Connection: close` would name it, if there were one. */
export const CLOSE = 6;
/** Any name in `Proxy-` that is not known by itself. */
const OTHER_PROXY = 7;

/** What the framers ask for, in the order of the numbers above. */
const FRAMING_NAMES = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'close', 'proxy-'];

/** A request with one of these is for a server that knows all of HTTP, and so is one with any name in `Proxy-`. */
const HANDED_OVER_NAMES = ['transfer-encoding', 'expect', 'upgrade', 'te', 'trailer', 'http2-settings', 'close'];

/**
 * Fields of which Node keeps the first when they are repeated (`message.headers` in its documentation), and `Cookie`,
 * which it joins in a way of its own. Others may keep the last.
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
  'max-forwards',
  'referer',
  'retry-after',
  'server',
  'user-agent',
];

/** Longer names are outside the subset. */
export const MAX_NAME_BYTES = 128;

const PROXY_PREFIX = bytesOf('proxy-');
const SLOTS = 512;

/** Numbers for field names. Built once, with the names that the caller's rules speak of; read for every field. */
export class FieldNames {
  /** Lower-case names by number; nothing stands at 0. */
  private readonly names: string[] = [''];
  private readonly spelling: Uint8Array[] = [new Uint8Array(0)];
  private readonly patterns = new NamePatterns();
  /** Of the names, by number. */
  private readonly lengths: Uint8Array;
  /** The first name of each hash slot, and for each name the next in its slot; 0 ends. */
  private readonly slots = new Uint8Array(SLOTS);
  private readonly next: Uint8Array;
  /** 1 for the names that take a request out of the subset, by number. */
  readonly isHandedOver: Uint8Array;
  /** 1 for the names that a request may repeat, by number: nobody here reads them. */
  readonly mayRepeat: Uint8Array;

  /**
   * @param others names that rules speak of, in any case, beside those that framing needs. In a request none of them
   *   may be repeated.
   * @throws {RangeError} when they are more than 255 in all, or one is no field name.
   */
  constructor(others: Iterable<string> = []) {
    const lower = Array.from(others, (name) => name.toLowerCase());
    const read = new Set([...FRAMING_NAMES, ...HANDED_OVER_NAMES, ...SINGLE_NAMES, ...lower]);
    const all = new Set([...read, ...USUAL_NAMES]);
    if (all.size > 255) throw new RangeError(`at most 255 field names can be known, got ${all.size}`);
    this.next = new Uint8Array(all.size + 1);
    this.patterns.add(this.spelling[0]);
    for (const name of all) this.add(name);
    this.lengths = Uint8Array.from(this.spelling, ({ length }) => length);
    this.mayRepeat = Uint8Array.from(this.names, (name) => (read.has(name) ? 0 : 1));
    this.isHandedOver = Uint8Array.from(this.names, (name) =>
      HANDED_OVER_NAMES.includes(name) || name.startsWith('proxy-') ? 1 : 0,
    );
  }

  /** How many numbers there are, {@link UNKNOWN_FIELD} included. */
  get size(): number {
    return this.names.length;
  }

  /** The number of a name in any case. @throws {RangeError} when it is not known. */
  numberOf(name: string): number {
    const number = this.names.indexOf(name.toLowerCase());
    if (number > 0) return number;
    throw new RangeError(`the field name ${JSON.stringify(name)} is not among the known ones`);
  }

  /** A set of known names, as {@link ForwardingRule} takes it: 1 at the number of each. @throws {RangeError} */
  setOf(names: Iterable<string>): Uint8Array {
    const set = new Uint8Array(this.size);
    for (const name of names) set[this.numberOf(name)] = 1;
    return set;
  }

  /** The number of the name in `bytes` from `start` to before `end`; it must be a token that is not empty. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let number = this.slots[slotOf(bytes, start, end)];
    while (number !== UNKNOWN_FIELD) {
      if (readsLike(bytes, start, end, this.spelling[number])) return number;
      number = this.next[number];
    }
    const prefixEnd = start + PROXY_PREFIX.length;
    return end > prefixEnd && readsLike(bytes, start, prefixEnd, PROXY_PREFIX) ? OTHER_PROXY : UNKNOWN_FIELD;
  }

  /**
   * Where a name of this number ends that stands in `view` from `start` on with a colon behind it; -1 if another does, or
   * that is not to be told at a glance.
   */
  endOf(number: number, view: DataView, start: number, end: number): number {
    return this.patterns.isAt(number, view, start, end) ? start + this.lengths[number] : -1;
  }

  private add(name: string): void {
    const bytes = bytesOf(name);
    const isToken = bytes.length > 0 && bytes.every((byte) => LOWER_TOKEN[byte] === byte);
    if (!isToken || bytes.length > MAX_NAME_BYTES) throw new RangeError(`${JSON.stringify(name)} is no field name`);
    const number = this.names.length;
    this.names.push(name);
    this.spelling.push(bytes);
    this.patterns.add(bytes);
    const slot = slotOf(bytes, 0, bytes.length);
    this.next[number] = this.slots[slot];
    this.slots[slot] = number;
  }
}

/** Length and three letters tell almost all names apart; the rest is told by reading. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const first = LOWER_TOKEN[bytes[start]];
  const middle = LOWER_TOKEN[bytes[start + (length >> 1)]];
  const last = LOWER_TOKEN[bytes[end - 1]];
  return (length * 13 + first * 7 + middle * 37 + last * 101) & (SLOTS - 1);
}
