// The balancer's own error responses: a status, and a body that says what is wrong.
import { STATUS_CODES } from 'node:http';
import { errorPages } from './error-pages.js';
import { lastResponseText, type OwnResponse } from './own-response.js';
import { REQUEST_ID_FIELD } from './request-id-header.js';

/** By then a backend that is not up is probed again. */
const RETRY_AFTER_SECONDS = 1;

/** Header fields of an error, by name in lower case. */
export type ErrorFields = Readonly<Record<string, string | number>>;

/** What an error response depends on besides its status and message. */
export interface ErrorOptions {
  readonly fields?: ErrorFields | undefined;
  /** The `Accept` of the request; undefined if it has none, or cannot be read. */
  readonly accept?: string | undefined;
}

/** An error; 503 has `Retry-After`. */
export function errorResponse(
  statusCode: number,
  message: string,
  { fields = {}, accept }: ErrorOptions = {},
): OwnResponse {
  const facts = { status: statusCode, message, requestId: fields[REQUEST_ID_FIELD]?.toString() };
  const { contentType, text, isNegotiated } = errorPages.bodyOf(facts, accept);
  const vary = isNegotiated ? { vary: 'Accept' } : {};
  const retry = statusCode === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {};
  return { statusCode, fields: { 'content-type': contentType, ...vary, ...retry, ...fields }, body: text };
}

/** An error response as on the wire, the last one on its connection. */
export function lastErrorText(
  statusCode: number,
  message: string,
  { method, ...options }: ErrorOptions & { readonly method?: string } = {},
): string {
  return lastResponseText(errorResponse(statusCode, message, options), method);
}

/** The response in place of one to a request whose head has not arrived. The connection ends with it. */
export function bareErrorText(statusCode: number): string {
  return `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\nConnection: close\r\n\r\n`;
}

/** The `Accept` in a raw header list, if the error of a status depends on it. */
export function acceptIn(raw: readonly string[], statusCode: number): string | undefined {
  if (!errorPages.isNegotiated(statusCode)) return undefined;
  // The values of several lines are one list (RFC 9110 §5.3).
  const values = raw.filter((_, i) => i % 2 === 1 && raw[i - 1].toLowerCase() === 'accept');
  return values.length === 0 ? undefined : values.join(', ');
}
