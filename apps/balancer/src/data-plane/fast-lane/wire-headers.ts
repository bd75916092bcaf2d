// The rules of forwarding, made ready for heads that are read as spans: what goes on of a head, and what is said beside it.
import { FieldNames, ForwardingRule, RequestHead, ResponseHead, Trailers, type HeadLimits } from '@fairlead/http1';
import {
  BINARY_COST_REPORT_HEADER,
  COST_REPORT_HEADER,
  type ResourceSpace,
  type ResourceVector,
} from '@fairlead/scheduling';
import type { ReadRequest } from '../request/request-reader.js';
import { demandHeaders } from '../headers/demand-headers.js';
import {
  HOP_BY_HOP,
  STRIPPED_RESPONSE_HEADERS,
  CONNECTION_EXEMPT,
  PROXY_SET_HEADERS,
  hopFields,
} from '../headers/header-rules.js';
import type { WriteBuffer } from './write-buffer.js';
import { VIA_PSEUDONYM } from '../headers/via-pseudonym.js';

/** Fields that the lane asks for by themselves. */
const LOOKED_UP = ['host', 'via', 'date', 'trailer', 'cookie', COST_REPORT_HEADER, BINARY_COST_REPORT_HEADER];

const names = new FieldNames([
  ...HOP_BY_HOP,
  ...PROXY_SET_HEADERS,
  ...STRIPPED_RESPONSE_HEADERS,
  ...CONNECTION_EXEMPT,
  ...LOOKED_UP,
]);

/** What goes on to the backend of a request's head. */
export const REQUEST_RULE = new ForwardingRule(names, [...HOP_BY_HOP, ...PROXY_SET_HEADERS]);
/** What goes on to the client of an answer's head. */
export const RESPONSE_RULE = new ForwardingRule(
  names,
  [...HOP_BY_HOP, ...STRIPPED_RESPONSE_HEADERS],
  CONNECTION_EXEMPT,
);
/** What goes on of an answer's trailers. */
export const TRAILER_RULE = new ForwardingRule(names, [
  ...HOP_BY_HOP,
  ...CONNECTION_EXEMPT,
  ...PROXY_SET_HEADERS,
  ...STRIPPED_RESPONSE_HEADERS,
]);

const numbers = new Map(
  [...PROXY_SET_HEADERS, ...STRIPPED_RESPONSE_HEADERS, ...LOOKED_UP].map((name) => [name, names.numberOf(name)]),
);
const DATE = names.numberOf('date');
const TRAILER = names.numberOf('trailer');
const HOST = names.numberOf('host');
const VIA = names.numberOf('via');
const COST_REPORT = names.numberOf(COST_REPORT_HEADER);
const BINARY_COST_REPORT = names.numberOf(BINARY_COST_REPORT_HEADER);
const EMPTY_BUFFER: Buffer = Buffer.alloc(0);
const EMPTY_HEADERS: Readonly<Record<string, string>> = {};

/** A head to frame requests with. */
export function createRequestHead(limits: HeadLimits): RequestHead {
  return new RequestHead(names, limits);
}

/** A head to frame answers with. */
export function createResponseHead(limits: HeadLimits): ResponseHead {
  return new ResponseHead(names, limits);
}

/** Trailer sections to frame. */
export function createTrailers(limits: HeadLimits): Trailers {
  return new Trailers(names, limits);
}

/** A field of a request's head by its name in lower case. */
export function fieldOf({ fields }: RequestHead, name: string): string | undefined {
  const number = numbers.get(name);
  return number === undefined ? fields.valueNamed(name) : fields.valueOf(number);
}

/** The lines that the balancer adds to a request, with the empty one. Most clients send many requests with the same. */
export class OwnRequestLines {
  private host = EMPTY_BUFFER;
  private lines = EMPTY_BUFFER;
  private last: readonly [Buffer, Buffer] = [EMPTY_BUFFER, EMPTY_BUFFER];

  /** For the requests of one connection. */
  constructor(
    private readonly clientAddress: string,
    private readonly isTrusted: boolean,
    private readonly demandLines: DemandLines,
  ) {}

  /** First where the request has been, then what it needs. */
  of(head: RequestHead, { demand }: ReadRequest): readonly [Buffer, Buffer] {
    const hop = this.hopLines(head);
    const need = this.demandLines.of(demand);
    if (this.last[0] !== hop || this.last[1] !== need) this.last = [hop, need];
    return this.last;
  }

  private hopLines(head: RequestHead): Buffer {
    const isUsual = !this.isTrusted && head.fields.placeOf(VIA) < 0;
    if (isUsual && head.fields.isValue(HOST, this.host)) return this.lines;
    const { clientAddress, isTrusted } = this;
    const hop = { clientAddress, isTrusted, httpVersion: '1.1', pseudonym: VIA_PSEUDONYM };
    const lines = Buffer.from(linesOf(hopFields((name) => fieldOf(head, name) ?? '', hop)), 'latin1');
    if (!isUsual) return lines;
    this.host = Buffer.from(fieldOf(head, 'host') ?? '', 'latin1');
    this.lines = lines;
    return lines;
  }
}

/** The last lines of a request: its demand, and the empty one. Requests of a class have one vector until more is learned. */
export class DemandLines {
  private readonly known = new WeakMap<ResourceVector, Buffer>();
  private lastDemand: ResourceVector | undefined;
  private lastLines = EMPTY_BUFFER;

  constructor(private readonly resources: ResourceSpace) {}

  of(demand: ResourceVector): Buffer {
    if (demand === this.lastDemand) return this.lastLines;
    let lines = this.known.get(demand);
    if (lines === undefined) {
      lines = Buffer.from(`${linesOf(demandHeaders(demand, this.resources))}\r\n`, 'latin1');
      this.known.set(demand, lines);
    }
    this.lastDemand = demand;
    this.lastLines = lines;
    return lines;
  }
}

/** What the balancer says beside an answer's own fields. */
export interface ResponseExtras {
  /** Raw header list: `Fairlead-Placement`, or nothing. */
  readonly own: readonly string[];
  /** Whether the body goes to the client in chunks. */
  readonly isChunked: boolean;
  /** What becomes of the client's connection. */
  readonly connection: LastLines;
  /** For an answer that does not say when it was made (RFC 9110 §6.6.1). */
  readonly date: string;
}

/** Puts an answer's head of so many bytes into `outbox` as it goes to the client, with the empty line. */
export function appendResponseHead(
  outbox: WriteBuffer,
  head: ResponseHead,
  headBytes: number,
  extras: ResponseExtras,
): void {
  const { fields } = head;
  const { own, isChunked, connection, date } = extras;
  outbox.appendHead(head, headBytes, RESPONSE_RULE);
  if (isChunked) {
    if (fields.placeOf(TRAILER) >= 0) outbox.append(`Trailer: ${fields.valueOf(TRAILER)}\r\n`);
    outbox.append('Transfer-Encoding: chunked\r\n');
  }
  const isOld = head.minorVersion === 0;
  if (own.length === 0 && fields.placeOf(DATE) >= 0) {
    const last = isOld ? connection.oldLines : connection.lines;
    outbox.appendBytes(last, 0, last.length);
    return;
  }
  outbox.append(isOld ? OLD_VIA_LINE : VIA_LINE);
  if (own.length > 0) outbox.append(linesOf(own));
  if (fields.placeOf(DATE) < 0) outbox.append(`Date: ${date}\r\n`);
  outbox.append(`${connection.connection}\r\n`);
}

/** The last lines of most answers, made once: where it has been, and what becomes of the client's connection. */
export interface LastLines {
  /** What becomes of the connection, alone. */
  readonly connection: string;
  /** `Via`, the connection, the empty line. */
  readonly lines: Buffer;
  /** The same behind an answer of HTTP/1.0. */
  readonly oldLines: Buffer;
}

const VIA_LINE = `Via: 1.1 ${VIA_PSEUDONYM}\r\n`;
const OLD_VIA_LINE = `Via: 1.0 ${VIA_PSEUDONYM}\r\n`;

function lastLines(connection: string): LastLines {
  const behind = (via: string) => Buffer.from(`${via}${connection}\r\n`, 'latin1');
  return { connection, lines: behind(VIA_LINE), oldLines: behind(OLD_VIA_LINE) };
}

/** The connection ends with this answer. */
export const CLOSE_LINES = lastLines('Connection: close\r\n');

/** The connection is kept for so long when nothing more is asked: clients that know do not ask too late. */
export function keepAliveLines(seconds: number): LastLines {
  return lastLines(`Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(seconds)}\r\n`);
}

/** The cost reports among an answer's fields. */
export function costReports({ fields }: ResponseHead): Readonly<Record<string, string>> {
  if (fields.placeOf(COST_REPORT) < 0 && fields.placeOf(BINARY_COST_REPORT) < 0) return EMPTY_HEADERS;
  const found: Record<string, string> = {};
  const [text, binary] = [fields.valueOf(COST_REPORT), fields.valueOf(BINARY_COST_REPORT)];
  if (text !== undefined) found[COST_REPORT_HEADER] = text;
  if (binary !== undefined) found[BINARY_COST_REPORT_HEADER] = binary;
  return found;
}

/** A raw header list as lines. */
function linesOf(raw: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < raw.length; i += 2) lines += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return lines;
}
