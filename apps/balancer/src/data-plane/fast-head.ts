// The rules of forwarding, made ready for heads that are read as spans: what goes on of a head, and what is said beside it.
import { FieldNames, ForwardingRule, RequestHead, ResponseHead, Trailers, type HeadLimits } from '@fairlead/http1';
import {
  BINARY_COST_REPORT_HEADER,
  COST_REPORT_HEADER,
  type ResourceSpace,
  type ResourceVector,
} from '@fairlead/scheduling';
import type { ClientRequest } from './client-request.js';
import { demandHeaders } from './demand-headers.js';
import { HOP_BY_HOP, KEPT_BACK, NEVER_DROPPED, SAID_BY_US, hopFields } from './forwarding.js';
import { PSEUDONYM } from './pseudonym.js';

/** Fields that the lane asks for by themselves. */
const ASKED_FOR = ['host', 'via', 'date', 'trailer', 'cookie', COST_REPORT_HEADER, BINARY_COST_REPORT_HEADER];

const names = new FieldNames([...HOP_BY_HOP, ...SAID_BY_US, ...KEPT_BACK, ...NEVER_DROPPED, ...ASKED_FOR]);

/** What goes on to the backend of a request's head. */
export const REQUEST_RULE = new ForwardingRule(names, [...HOP_BY_HOP, ...SAID_BY_US]);
/** What goes on to the client of an answer's head. */
export const ANSWER_RULE = new ForwardingRule(names, [...HOP_BY_HOP, ...KEPT_BACK], NEVER_DROPPED);
/** What goes on of an answer's trailers. */
export const TRAILER_RULE = new ForwardingRule(names, [...HOP_BY_HOP, ...NEVER_DROPPED, ...SAID_BY_US, ...KEPT_BACK]);

const numbers = new Map([...SAID_BY_US, ...KEPT_BACK, ...ASKED_FOR].map((name) => [name, names.numberOf(name)]));
const DATE = names.numberOf('date');
const TRAILER = names.numberOf('trailer');
const VIA = names.numberOf('via');
const COST_REPORTS = [COST_REPORT_HEADER, BINARY_COST_REPORT_HEADER].map(
  (name) => [name, names.numberOf(name)] as const,
);
const NO_FIELDS: Readonly<Record<string, string>> = {};

/** A head to frame requests with. */
export function aRequestHead(limits: HeadLimits): RequestHead {
  return new RequestHead(names, limits);
}

/** A head to frame answers with. */
export function aResponseHead(limits: HeadLimits): ResponseHead {
  return new ResponseHead(names, limits);
}

/** Trailer sections to frame. */
export function someTrailers(limits: HeadLimits): Trailers {
  return new Trailers(names, limits);
}

/** A field of a request's head by its name in lower case. */
export function fieldOf({ fields }: RequestHead, name: string): string | undefined {
  const number = numbers.get(name);
  return number === undefined ? fields.valueNamed(name) : fields.valueOf(number);
}

/** The lines that the balancer adds to a request, with the empty one. Most clients send many requests with the same. */
export class OwnRequestLines {
  private host = '';
  private lines = '';
  private demand: ResourceVector = new Float64Array(0);
  private demandLines = '';

  /** For the requests of one connection. */
  constructor(
    private readonly clientAddress: string,
    private readonly isTrusted: boolean,
    private readonly resources: ResourceSpace,
  ) {}

  of(head: RequestHead, { demand }: ClientRequest): string {
    if (!isSame(demand, this.demand)) {
      this.demand = demand;
      this.demandLines = `${linesOf(demandHeaders(demand, this.resources))}\r\n`;
    }
    return this.hopLines(head) + this.demandLines;
  }

  private hopLines(head: RequestHead): string {
    const host = fieldOf(head, 'host') ?? '';
    const isUsual = !this.isTrusted && head.fields.placeOf(VIA) < 0;
    if (isUsual && host === this.host && this.lines !== '') return this.lines;
    const { clientAddress, isTrusted } = this;
    const hop = { clientAddress, isTrusted, httpVersion: '1.1', pseudonym: PSEUDONYM };
    const lines = linesOf(hopFields((name) => fieldOf(head, name) ?? '', hop));
    if (!isUsual) return lines;
    this.host = host;
    this.lines = lines;
    return lines;
  }
}

function isSame(a: ResourceVector, b: ResourceVector): boolean {
  if (a.length !== b.length) return false;
  for (let r = 0; r < a.length; r++) if (a[r] !== b[r]) return false;
  return true;
}

/** What the balancer says beside an answer's own fields. */
export interface AnswerExtras {
  /** Raw header list: `Fairlead-Placement`, or nothing. */
  readonly own: readonly string[];
  /** Whether the body goes to the client in chunks. */
  readonly isChunked: boolean;
  /** What becomes of the client's connection, as lines. */
  readonly connection: string;
  /** For an answer that does not say when it was made (RFC 9110 §6.6.1). */
  readonly date: string;
}

/** An answer's head as it goes to the client, with the empty line. */
export function answerHead(head: ResponseHead, { own, isChunked, connection, date }: AnswerExtras): string {
  const { fields } = head;
  let text = head.forwardedHead(ANSWER_RULE);
  if (isChunked) {
    const trailer = fields.placeOf(TRAILER) < 0 ? undefined : fields.valueOf(TRAILER);
    if (trailer !== undefined) text += `Trailer: ${trailer}\r\n`;
    text += 'Transfer-Encoding: chunked\r\n';
  }
  text += head.minorVersion === 1 ? VIA_LINE : OLD_VIA_LINE;
  if (own.length > 0) text += linesOf(own);
  if (fields.placeOf(DATE) < 0) text += `Date: ${date}\r\n`;
  return `${text}${connection}\r\n`;
}

/** The connection ends with this answer. */
export const CLOSE_LINES = 'Connection: close\r\n';

/** The connection is kept for so long when nothing more is asked: clients that know do not ask too late. */
export function keepAliveLines(seconds: number): string {
  return `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(seconds)}\r\n`;
}

const VIA_LINE = `Via: 1.1 ${PSEUDONYM}\r\n`;
const OLD_VIA_LINE = `Via: 1.0 ${PSEUDONYM}\r\n`;

/** The cost reports among an answer's fields. */
export function costReports({ fields }: ResponseHead): Readonly<Record<string, string>> {
  let found: Record<string, string> | undefined;
  for (const [name, number] of COST_REPORTS) {
    if (fields.placeOf(number) < 0) continue;
    found ??= {};
    found[name] = fields.valueOf(number) ?? '';
  }
  return found ?? NO_FIELDS;
}

/** A raw header list as lines. */
function linesOf(raw: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < raw.length; i += 2) lines += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return lines;
}
