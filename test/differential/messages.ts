// Reads HTTP/1.1 messages off the wire for the comparison of the lanes: strict, slow and independent of the balancer and of
// Node's parser. Bytes are kept as latin1 text, one character for each byte.

/** A header field as it stood on the wire, without the white space around its value. */
export type Field = readonly [name: string, value: string];

/** How the end of a body is known. */
export type Framing = 'none' | 'length' | 'chunked' | 'until-close';

/** One message, or the part that arrived. */
export interface Message {
  readonly startLine: string;
  readonly fields: readonly Field[];
  readonly framing: Framing;
  readonly body: string;
  readonly trailers: readonly Field[];
  /** False when the connection ended, or nonsense came, before the message was whole. */
  readonly isWhole: boolean;
}

/** A message and the bytes after it. */
export interface Reading {
  readonly message: Message;
  readonly rest: string;
}

/** What the reader must know beside the bytes. */
export interface Situation {
  /** The method of the request that a response belongs to; undefined when reading requests. */
  readonly answerTo?: string | undefined;
  /** Whether nothing more will come. */
  readonly hasEnded: boolean;
}

/** The first message of `text`; undefined as long as it is not whole and more may come. */
export function readMessage(text: string, { answerTo, hasEnded }: Situation): Reading | undefined {
  const start = answerTo === undefined ? skipEmptyLines(text) : text;
  const headEnd = start.indexOf('\r\n\r\n');
  if (headEnd === -1) return hasEnded && start !== '' ? { message: broken(start), rest: '' } : undefined;
  const [startLine, ...lines] = start.slice(0, headEnd).split('\r\n');
  const head = { startLine, fields: lines.map(fieldOf) };
  const behind = start.slice(headEnd + 4);
  const body = readBody(behind, framingOf(head, answerTo), hasEnded);
  if (!body) return undefined;
  const { rest, ...content } = body;
  return { message: { ...head, ...content }, rest };
}

/** The status of a response; 0 where there is none. */
export function statusOf({ startLine }: Message): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(startLine)?.[1] ?? 0);
}

/** The values of a field, in their order. */
export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
}

interface Body {
  readonly framing: Framing;
  readonly body: string;
  readonly trailers: readonly Field[];
  readonly isWhole: boolean;
  readonly rest: string;
}

interface HowFramed {
  readonly framing: Framing;
  readonly length: number;
}

function framingOf(head: Pick<Message, 'startLine' | 'fields'>, answerTo: string | undefined): HowFramed {
  const { fields, startLine } = head;
  if (answerTo !== undefined) {
    const status = Number(startLine.split(' ', 2)[1]);
    if (answerTo === 'HEAD' || status === 204 || status === 304 || status < 200) return { framing: 'none', length: 0 };
  }
  if (valuesOf(fields, 'transfer-encoding').length > 0) return { framing: 'chunked', length: 0 };
  const lengths = valuesOf(fields, 'content-length');
  if (lengths.length > 0) return { framing: 'length', length: Number(lengths[0]) };
  return { framing: answerTo === undefined ? 'none' : 'until-close', length: 0 };
}

function readBody(text: string, { framing, length }: HowFramed, hasEnded: boolean): Body | undefined {
  const nothing = { framing, body: '', trailers: [], isWhole: true, rest: text };
  if (framing === 'none') return nothing;
  if (framing === 'until-close') return hasEnded ? { ...nothing, body: text, rest: '' } : undefined;
  if (framing === 'chunked') return readChunks(text, hasEnded);
  if (text.length >= length) return { ...nothing, body: text.slice(0, length), rest: text.slice(length) };
  return hasEnded ? { ...nothing, body: text, isWhole: false, rest: '' } : undefined;
}

function readChunks(text: string, hasEnded: boolean): Body | undefined {
  const framing = 'chunked';
  let body = '';
  let at = 0;
  for (;;) {
    const unfinished = { framing, body, trailers: [], isWhole: false, rest: '' } as const;
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd === -1) return hasEnded ? unfinished : undefined;
    const size = /^([0-9a-f]+)\s*(;.*)?$/i.exec(text.slice(at, lineEnd));
    if (!size) return { ...unfinished, rest: text.slice(at) };
    const length = Number.parseInt(size[1], 16);
    if (length === 0) return readTrailers(text, lineEnd, unfinished, hasEnded);
    body += text.slice(lineEnd + 2, lineEnd + 2 + length);
    at = lineEnd + 2 + length + 2;
    if (text.length < at) return hasEnded ? { ...unfinished, body } : undefined;
  }
}

function readTrailers(text: string, lastChunkEnd: number, unfinished: Body, hasEnded: boolean): Body | undefined {
  const end = text.indexOf('\r\n\r\n', lastChunkEnd);
  if (end === -1) return hasEnded ? unfinished : undefined;
  const section = text.slice(lastChunkEnd + 2, end);
  const trailers = end === lastChunkEnd ? [] : section.split('\r\n').map(fieldOf);
  return { ...unfinished, trailers, isWhole: true, rest: text.slice(end + 4) };
}

function fieldOf(line: string): Field {
  const colon = line.indexOf(':');
  if (colon === -1) return [line, ''];
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
}

function broken(text: string): Message {
  return { startLine: text, fields: [], framing: 'none', body: '', trailers: [], isWhole: false };
}

/** RFC 9112 §2.2: a server ignores empty lines before a request line. */
function skipEmptyLines(text: string): string {
  return text.replace(/^(?:\r\n)+/, '');
}
