// The forwarding rules, compiled for heads that are read as spans of bytes.
import {
  FieldNames,
  ForwardingRule,
  RequestHead,
  ResponseHead,
  Trailers,
  UNDERSCORED,
  type HeadLimits,
  type RequestLimits,
} from '@fairlead/http1';
import { BINARY_COST_REPORT_HEADER, COST_REPORT_HEADER } from '@fairlead/scheduling';
import {
  CONNECTION_EXEMPT,
  HOP_BY_HOP,
  PROXY_SET_HEADERS,
  STRIPPED_RESPONSE_HEADERS,
} from '../headers/header-rules.js';
import { STRICTEST_FILTER, type RequestFieldFilter } from '../headers/request-field-filter.js';
import { REQUEST_ID_FIELD } from '../headers/request-id-header.js';

/** Fields the lane looks up by name. */
const LOOKED_UP = [
  'host',
  'via',
  'date',
  'trailer',
  'cookie',
  REQUEST_ID_FIELD,
  COST_REPORT_HEADER,
  BINARY_COST_REPORT_HEADER,
];

const names = new FieldNames(
  [
    ...HOP_BY_HOP,
    ...PROXY_SET_HEADERS,
    ...STRIPPED_RESPONSE_HEADERS,
    ...CONNECTION_EXEMPT,
    ...STRICTEST_FILTER.names,
    ...LOOKED_UP,
  ],
  STRICTEST_FILTER.prefixes,
);

/** The rule that drops what `filter` drops from a request's head. */
export function requestRule(filter: RequestFieldFilter): ForwardingRule {
  return new ForwardingRule(names, [...filter.names, ...filter.prefixes, ...(filter.dropsUnderscores ? ['_'] : [])]);
}

/** Which fields of a response's head are forwarded. */
export interface ResponseRules {
  /** Of most responses. */
  readonly sized: ForwardingRule;
  /** Of those whose `Content-Length` is not forwarded. */
  readonly unsized: ForwardingRule;
}

/** The rules for responses. `setsRequestId`: the balancer's `X-Request-Id` replaces the backend's. */
export function responseRules(setsRequestId: boolean): ResponseRules {
  const dropped = [...HOP_BY_HOP, ...STRIPPED_RESPONSE_HEADERS, ...(setsRequestId ? [REQUEST_ID_FIELD] : [])];
  return {
    sized: new ForwardingRule(names, dropped, CONNECTION_EXEMPT),
    unsized: new ForwardingRule(names, [...dropped, 'content-length'], CONNECTION_EXEMPT),
  };
}

/** Which fields of a response's trailer section are forwarded. */
export const TRAILER_RULE = new ForwardingRule(names, [
  ...HOP_BY_HOP,
  ...CONNECTION_EXEMPT,
  ...PROXY_SET_HEADERS,
  ...STRIPPED_RESPONSE_HEADERS,
]);

const numbers = new Map(
  [...PROXY_SET_HEADERS, ...STRIPPED_RESPONSE_HEADERS, ...LOOKED_UP].map((name) => [name, names.numberOf(name)]),
);
/** The numbers of fields that are looked up in every message. */
export const DATE = names.numberOf('date');
export const TRAILER = names.numberOf('trailer');
export const HOST = names.numberOf('host');
export const UPGRADE = names.numberOf('upgrade');
const COST_REPORT = names.numberOf(COST_REPORT_HEADER);
const BINARY_COST_REPORT = names.numberOf(BINARY_COST_REPORT_HEADER);
const EMPTY_HEADERS: Readonly<Record<string, string>> = {};

/** Frames requests. */
export function createRequestHead(limits: RequestLimits): RequestHead {
  return new RequestHead(names, limits);
}

/** Frames responses. */
export function createResponseHead(limits: HeadLimits): ResponseHead {
  return new ResponseHead(names, limits);
}

/** Frames trailer sections. */
export function createTrailers(limits: HeadLimits): Trailers {
  return new Trailers(names, limits);
}

/** A field of a request's head by its name in lower case. */
export function fieldOf({ fields }: RequestHead, name: string): string | undefined {
  const number = numbers.get(name);
  return number === undefined ? fields.valueNamed(name) : fields.valueOf(number);
}

/** Whether a field of a request's head has `_` in its name. */
export function hasUnderscoredName({ fields }: RequestHead): boolean {
  return fields.placeOf(UNDERSCORED) >= 0;
}

/** The cost reports among a response's fields. */
export function costReports({ fields }: ResponseHead): Readonly<Record<string, string>> {
  if (fields.placeOf(COST_REPORT) < 0 && fields.placeOf(BINARY_COST_REPORT) < 0) return EMPTY_HEADERS;
  const found: Record<string, string> = {};
  const [text, binary] = [fields.valueOf(COST_REPORT), fields.valueOf(BINARY_COST_REPORT)];
  if (text !== undefined) found[COST_REPORT_HEADER] = text;
  if (binary !== undefined) found[BINARY_COST_REPORT_HEADER] = binary;
  return found;
}

/** A response's fields as a raw header list. */
export function rawFieldsOf({ fields }: ResponseHead): string[] {
  const raw: string[] = [];
  for (let place = 0; place < fields.count; place++) raw.push(fields.nameText(place), fields.valueText(place));
  return raw;
}
