// How servers read requests: by the letter of RFC 9112, and in the lenient ways of servers in use. Where two of them
// disagree about bytes that the balancer forwarded, a request can be smuggled past one of them.
import type { Dialect, Field, Framing, Invalid } from './request-reader.ts';

const invalid = (why: string): Invalid => ({ kind: 'invalid', why });
const valuesOf = (fields: readonly Field[], name: string) =>
  fields.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
const trimmed = (text: string) => text.replace(/^[ \t]+|[ \t]+$/g, '');

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Text and bytes from 0x80, no control characters but the tab (RFC 9110 §5.5). */
// oxlint-disable-next-line no-control-regex -- the control characters are what is refused
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** By the letter. What a recipient may accept as well as refuse (RFC 9112 §6.3: the same length several times) is valid. */
export const STRICT: Dialect = {
  name: 'RFC 9112',
  lineEnd: /\r\n/y,
  requestLine(line) {
    const [, method, target] = /^(\S+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.[01]$/.exec(line) ?? [];
    return method !== undefined && TOKEN.test(method) ? [method, target] : undefined;
  },
  fields(lines) {
    const fields: Field[] = [];
    for (const line of lines) {
      const colon = line.indexOf(':');
      const [name, value] = [line.slice(0, Math.max(0, colon)), trimmed(line.slice(colon + 1))];
      if (!TOKEN.test(name) || !VALUE.test(value)) return invalid(`field line ${JSON.stringify(line)}`);
      fields.push([name, value]);
    }
    return fields;
  },
  framing(fields) {
    const codings = valuesOf(fields, 'transfer-encoding');
    const lengths = valuesOf(fields, 'content-length').flatMap((value) => value.split(',').map(trimmed));
    if (codings.length > 0) {
      if (lengths.length > 0) return invalid('a transfer coding and a length');
      return /(?:^|,)[ \t]*chunked$/i.test(codings.join()) ? { kind: 'chunked' } : invalid(`coding ${codings.join()}`);
    }
    if (lengths.some((length) => !/^\d{1,15}$/.test(length))) return invalid(`length ${lengths.join()}`);
    if (new Set(lengths.map(Number)).size > 1) return invalid(`lengths ${lengths.join()}`);
    return { kind: 'length', length: Number(lengths[0] ?? 0) };
  },
  objection(fields, version) {
    const hosts = valuesOf(fields, 'host');
    if (hosts.length > 1 || (hosts.length === 0 && version !== 'HTTP/1.0')) return `${hosts.length} Host fields`;
    // RFC 9112 §3.2: a host and a port, as in a URL (RFC 3986 §3.2.2).
    const isHost = hosts.every((host) => /^(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i.test(host));
    if (!isHost) return `Host ${JSON.stringify(hosts[0])}`;
    const coding = valuesOf(fields, 'transfer-encoding').join().toLowerCase();
    return coding === '' || coding === 'chunked' ? undefined : `coding ${JSON.stringify(coding)}`;
  },
  chunkSize(line) {
    // RFC 9112 §7.1.1: extensions are names with optional values, which may be quoted.
    const [, size] = /^([0-9a-f]{1,16})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(line) ?? [];
    return size === undefined ? NaN : Number.parseInt(size, 16);
  },
};

/** Reads what a lenient server reads: a line of any form, fields with or without blanks around their names. */
const LENIENT: Dialect = {
  ...STRICT,
  name: 'lenient',
  requestLine(line) {
    const [method, target] = line.split(/[\t\v\f\r ]+/).filter((word) => word !== '');
    return method === undefined ? undefined : [method, target ?? ''];
  },
  fields: (lines) => lines.map(lenientField),
  objection: () => undefined,
  framing: (fields) => lenientFraming(fields, { prefers: 'coding', length: 'first', coding: 'contains' }),
  // As `strtol` reads it: blanks, a sign and a prefix are skipped, what follows is ignored.
  chunkSize: (line) => Number.parseInt(line.trim().replace(/^\+?(?:0x)?/i, ''), 16),
};

function lenientField(line: string): Field {
  const colon = line.indexOf(':');
  // oxlint-disable-next-line no-control-regex -- some servers drop control characters in names
  const name = (colon === -1 ? line : line.slice(0, colon)).replace(/[\x00-\x20\x7f-\xff]/g, '');
  return [name, colon === -1 ? '' : line.slice(colon + 1).trim()];
}

interface Preferences {
  /** What counts where a length and a coding are there. */
  readonly prefers: 'coding' | 'length';
  readonly length: 'first' | 'last';
  /** Which values of Transfer-Encoding are followed. */
  readonly coding: 'contains' | 'equals' | 'last' | 'none';
}

function lenientFraming(fields: readonly Field[], { prefers, length, coding }: Preferences): Framing {
  const codings = valuesOf(fields, 'transfer-encoding').join().toLowerCase();
  const lengths = valuesOf(fields, 'content-length').flatMap((value) => value.split(','));
  const isChunked = {
    contains: codings.includes('chunked'),
    equals: codings === 'chunked',
    last: /(^|,)\s*chunked\s*$/.test(codings),
    none: false,
  }[coding];
  if (isChunked && (prefers === 'coding' || lengths.length === 0)) return { kind: 'chunked' };
  // As `atoi` reads it.
  const number = Number.parseInt((length === 'first' ? lengths[0] : lengths.at(-1)) ?? '0', 10);
  return { kind: 'length', length: Number.isNaN(number) ? 0 : Math.max(0, number) };
}

const framedBy = (preferences: Preferences) => (fields: readonly Field[]) => lenientFraming(fields, preferences);

/** Joins what is folded over several lines (obs-fold, RFC 9112 §5.2), as some servers do; others take each line as a field. */
function unfolded(lines: readonly string[]): readonly Field[] {
  const joined: string[] = [];
  for (const line of lines) {
    if (/^[ \t]/.test(line) && joined.length > 0) joined.push(`${joined.pop()} ${line.trim()}`);
    else joined.push(line);
  }
  return joined.map(lenientField);
}

/** The ways of lenient servers. Each must understand the bytes that the balancer forwards as {@link STRICT} does. */
export const LENIENT_DIALECTS: readonly Dialect[] = [
  { ...LENIENT, name: 'lines end with CRLF or LF', lineEnd: /\r?\n/y },
  { ...LENIENT, name: 'lines end with CRLF, LF or CR', lineEnd: /\r\n|\n|\r/y },
  { ...LENIENT, name: 'lines end with LF, and any CR before it is dropped', lineEnd: /\r*\n/y },
  { ...LENIENT, name: 'folded lines are joined', fields: unfolded },
  {
    ...LENIENT,
    name: 'the length wins over the coding',
    framing: framedBy({ prefers: 'length', length: 'first', coding: 'contains' }),
  },
  {
    ...LENIENT,
    name: 'the last length counts',
    framing: framedBy({ prefers: 'length', length: 'last', coding: 'contains' }),
  },
  {
    ...LENIENT,
    name: 'the coding is followed only when it is exactly "chunked"',
    framing: framedBy({ prefers: 'coding', length: 'first', coding: 'equals' }),
  },
  {
    ...LENIENT,
    name: 'the last coding counts',
    framing: framedBy({ prefers: 'coding', length: 'first', coding: 'last' }),
  },
  { ...LENIENT, name: 'a NUL ends a line', fields: (lines) => lines.map((line) => lenientField(line.split('\0')[0])) },
];
