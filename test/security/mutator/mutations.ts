// Changes bytes at random, in the ways in which parsers are found to disagree. Pure: the same seed makes the same bytes.
import type { Random } from '@fairlead/scheduling';

/** Bytes that mean something to one parser and nothing, or something else, to another. */
const SHARDS = [
  [
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    '\n\n',
    '\0',
    '\t',
    ' ',
    '\x0b',
    '\x0c',
    '\x7f',
    '\x85',
    '\xa0',
    '\xff',
    ':',
    ',',
    ';',
  ],
  ['"', '\\', '=', '0', '1', '-', '+', '0x', '_', 'ffffffffffffffff', '0\r\n\r\n', '\r\n ', '\r\n\t'],
  ['Content-Length: 5\r\n', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n', 'Transfer-Encoding: x\r\n'],
  [
    'Host: evil\r\n',
    'Connection: close\r\n',
    'Connection: Content-Length\r\n',
    'Expect: 100-continue\r\n',
    'TE: trailers\r\n',
  ],
  [
    'Connection: Upgrade\r\nUpgrade: x\r\n',
    ' HTTP/1.1\r\n',
    ' HTTP/1.0\r\n',
    'http://evil',
    '*',
    '%0d%0a',
    'chunked',
    '{',
    '[',
  ],
].flat();

type Mutation = (bytes: string, random: Random) => string;

const below = (random: Random, limit: number) => Math.floor(random() * limit);
const pick = <Value>(random: Random, values: readonly Value[]) => values[below(random, values.length)];
/** A place and what follows it for a few bytes. */
const span = (bytes: string, random: Random, most: number): [from: number, to: number] => {
  const from = below(random, bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + below(random, most))];
};

const MUTATIONS: readonly Mutation[] = [
  function insertShard(bytes, random) {
    const at = below(random, bytes.length + 1);
    return bytes.slice(0, at) + pick(random, SHARDS) + bytes.slice(at);
  },
  function removeSpan(bytes, random) {
    const [from, to] = span(bytes, random, 8);
    return bytes.slice(0, from) + bytes.slice(to);
  },
  function replaceByte(bytes, random) {
    const at = below(random, bytes.length + 1);
    return bytes.slice(0, at) + String.fromCharCode(below(random, 256)) + bytes.slice(at + 1);
  },
  function repeatSpan(bytes, random) {
    const [from, to] = span(bytes, random, 60);
    return bytes.slice(0, to) + bytes.slice(from, to) + bytes.slice(to);
  },
  function moveLine(bytes, random) {
    const lines = bytes.split('\r\n');
    const [line] = lines.splice(below(random, lines.length), 1);
    lines.splice(below(random, lines.length + 1), 0, line);
    return lines.join('\r\n');
  },
  function repeatLine(bytes, random) {
    const lines = bytes.split('\r\n');
    const line = pick(random, lines);
    lines.splice(below(random, lines.length + 1), 0, line);
    return lines.join('\r\n');
  },
  function changeCase(bytes, random) {
    const [from, to] = span(bytes, random, 20);
    // Of letters from A to Z only: those of others may have more than one byte.
    const changed = bytes
      .slice(from, to)
      .replaceAll(/[A-Z]/gi, (letter) => String.fromCharCode(letter.charCodeAt(0) ^ 0x20));
    return bytes.slice(0, from) + changed + bytes.slice(to);
  },
  function changeLineEnd(bytes, random) {
    const ends = [...bytes.matchAll(/\r\n/g)].map(({ index }) => index);
    if (ends.length === 0) return bytes;
    const at = pick(random, ends);
    return bytes.slice(0, at) + pick(random, ['\n', '\r', '\r\r\n', '\n\r', '', ' \r\n']) + bytes.slice(at + 2);
  },
  function changeNumber(bytes, random) {
    const numbers = [...bytes.matchAll(/\d+/g)];
    if (numbers.length === 0) return bytes;
    const { 0: number, index } = pick(random, numbers);
    const other = pick(random, [
      String(Number(number) + 1),
      String(Math.max(0, Number(number) - 1)),
      `0${number}`,
      `${number}0`,
      '-1',
      '',
    ]);
    return bytes.slice(0, index) + other + bytes.slice(index + number.length);
  },
];

/** No case is longer than this after its mutations: it is to be small enough to be read. */
const MAX_BYTES = 20_000;

/** Mutates bytes one to four times; `others` are messages that one may be joined with. Bytes are from 0x00 to 0xff. */
export function mutated(bytes: string, others: readonly string[], random: Random): string {
  let changed = random() < 0.2 ? bytes + pick(random, others) : bytes;
  for (let left = 1 + below(random, 4); left > 0; left--) changed = pick(random, MUTATIONS)(changed, random);
  return changed.slice(0, MAX_BYTES);
}

/** The same bytes in one to five writes. */
export function inWrites(bytes: string, random: Random): string[] {
  const places = Array.from({ length: below(random, 5) }, () => below(random, bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...places].map((from, i) => bytes.slice(from, places[i] ?? bytes.length)).filter((part) => part !== '');
}
