// Reads requests from bytes as servers do: strictly by RFC 9112, or with the leniency of a dialect. Slow, and independent
// of the balancer and of Node's parser. Bytes are text, one character for each byte.

/** A request as a reader understood it. */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  /** Without its framing. */
  readonly body: string;
}

/** What a reader made of the bytes of one connection. */
export interface Reading {
  readonly requests: readonly ReadRequest[];
  /** Why requests with clear bounds must not be served; they are not among `requests`. */
  readonly objections: readonly string[];
  /** The last request, when its head or body has not come whole, or is not valid. The method is '' without a head. */
  readonly unfinished: ReadRequest | undefined;
  /** Why the reader stopped, when the bytes are not valid to it. */
  readonly problem: string | undefined;
}

/** A header field. */
export type Field = readonly [name: string, value: string];

/** How a server finds the end of a body. */
export type Framing = { readonly kind: 'length'; readonly length: number } | { readonly kind: 'chunked' } | Invalid;

/** Not valid, and why. */
export interface Invalid {
  readonly kind: 'invalid';
  readonly why: string;
}

/** How a server reads: where lines end, what a field is, where a body ends, and what a chunk size is. */
export interface Dialect {
  readonly name: string;
  /** Sticky pattern of a line end. */
  readonly lineEnd: RegExp;
  /** Undefined: the request line is not valid. */
  requestLine(line: string): readonly [method: string, target: string] | undefined;
  fields(lines: readonly string[]): readonly Field[] | Invalid;
  framing(fields: readonly Field[], version: string): Framing;
  /** Why a request must not be served, although it is clear where it ends; undefined: it may be served. */
  objection(fields: readonly Field[], version: string): string | undefined;
  /** NaN: not a size. */
  chunkSize(line: string): number;
}

/** Reads all of one connection. */
export function readRequests(text: string, dialect: Dialect): Reading {
  const requests: ReadRequest[] = [];
  const objections: string[] = [];
  const input = new Input(text, dialect.lineEnd);
  for (;;) {
    input.skipEmptyLines();
    if (input.isAtEnd) return { requests, objections, unfinished: undefined, problem: undefined };
    const request = readOne(input, dialect);
    if ('kind' in request) return { requests, objections, unfinished: undefined, problem: request.why };
    const { isWhole, problem, objection, ...read } = request;
    if (objection !== undefined) objections.push(objection);
    if (!isWhole) return { requests, objections, unfinished: objection === undefined ? read : undefined, problem };
    if (objection === undefined) requests.push(read);
  }
}

interface ReadSoFar extends ReadRequest, Body {
  readonly objection?: string | undefined;
}

function readOne(input: Input, dialect: Dialect): ReadSoFar | Invalid {
  const lines = input.linesToEmptyLine();
  if (lines === undefined) return { method: '', target: '', body: '', isWhole: false, problem: undefined };
  const [first, ...rest] = lines;
  const requestLine = dialect.requestLine(first);
  if (!requestLine) return { kind: 'invalid', why: `request line ${JSON.stringify(first)}` };
  const fields = dialect.fields(rest);
  if ('kind' in fields) return fields;
  const version = first.slice(first.lastIndexOf(' ') + 1);
  const framing = dialect.framing(fields, version);
  if (framing.kind === 'invalid') return framing;
  const body = framing.kind === 'chunked' ? readChunks(input, dialect) : readLength(input, framing.length);
  const [method, target] = requestLine;
  return { method, target, ...body, objection: dialect.objection(fields, version) };
}

interface Body {
  readonly body: string;
  readonly isWhole: boolean;
  /** Why the rest of it is not valid. */
  readonly problem: string | undefined;
}

function readLength(input: Input, length: number): Body {
  const body = input.take(length);
  return { body, isWhole: body.length === length, problem: undefined };
}

function readChunks(input: Input, dialect: Dialect): Body {
  let body = '';
  const stop = (problem?: string): Body => ({ body, isWhole: false, problem });
  for (;;) {
    const line = input.line();
    if (line === undefined) return stop();
    const size = dialect.chunkSize(line);
    if (Number.isNaN(size) || size < 0) return stop(`chunk size ${JSON.stringify(line)}`);
    if (size === 0) break;
    body += input.take(size);
    if (input.isAtEnd) return stop();
    const rest = input.line();
    if (rest !== '') return stop(rest && `${JSON.stringify(rest)} after a chunk`);
  }
  const trailers = input.linesToEmptyLine();
  const fields = trailers && dialect.fields(trailers);
  if (fields === undefined) return stop();
  return 'kind' in fields ? stop(fields.why) : { body, isWhole: true, problem: undefined };
}

/** A position in the bytes of a connection. */
class Input {
  private at = 0;
  private readonly text: string;
  private readonly lineEnd: RegExp;

  constructor(text: string, lineEnd: RegExp) {
    this.text = text;
    this.lineEnd = lineEnd;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** RFC 9112 §2.2: a server ignores empty lines before a request line. */
  skipEmptyLines(): void {
    while (!this.isAtEnd && this.lengthOfLineEnd(this.at) > 0) this.at += this.lengthOfLineEnd(this.at);
  }

  /** The next line without its end; undefined when the end has not come. */
  line(): string | undefined {
    for (let at = this.at; at < this.text.length; at++) {
      const length = this.lengthOfLineEnd(at);
      if (length === 0) continue;
      const line = this.text.slice(this.at, at);
      this.at = at + length;
      return line;
    }
    return undefined;
  }

  /** Lines up to an empty one, which is read too; undefined when it has not come. */
  linesToEmptyLine(): string[] | undefined {
    const lines: string[] = [];
    for (let line = this.line(); line !== undefined; line = this.line()) {
      if (line === '') return lines;
      lines.push(line);
    }
    this.at = this.text.length;
    return undefined;
  }

  /** At most this many bytes. */
  take(length: number): string {
    const taken = this.text.slice(this.at, this.at + length);
    this.at += taken.length;
    return taken;
  }

  private lengthOfLineEnd(at: number): number {
    this.lineEnd.lastIndex = at;
    return this.lineEnd.exec(this.text)?.[0].length ?? 0;
  }
}
