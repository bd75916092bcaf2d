// The balancer's own error responses: a status, and a body that says what is wrong.
import { STATUS_CODES, type ServerResponse } from 'node:http';
import { errorPages, type ErrorBody } from './error-pages.js';
import { REQUEST_ID_FIELD } from './request-id-header.js';

/** By then a backend that is not up is probed again. */
const RETRY_AFTER_SECONDS = 1;

/** Header fields of an error, by name in lower case. */
export type ErrorFields = Readonly<Record<string, string | number>>;

/** Sends an error; 503 has `Retry-After`. Does nothing once a response has begun. */
export function sendError(response: ServerResponse, statusCode: number, message: string, fields?: ErrorFields): void {
  if (response.headersSent || response.destroyed) return;
  // The response to `OPTIONS *` has no body.
  if (statusCode === 204) {
    response.writeHead(204).end();
    return;
  }
  // The full lane has emptied `headers` by then.
  const accept = errorPages.isNegotiated(statusCode) ? rawField(response.req.rawHeaders, 'accept') : undefined;
  const body = bodyOf(statusCode, message, fields, accept);
  response.writeHead(statusCode, headersOf(statusCode, body, fields)).end(body.text);
}

/** What may differ in an error response that is the last one on its connection. */
export interface LastErrorOptions {
  /** The method of the request, as far as it is known. */
  readonly method?: string;
  readonly fields?: ErrorFields | undefined;
  /** The `Accept` of the request; undefined if it has none, or cannot be read. */
  readonly accept?: string | undefined;
}

/** An error response as on the wire, the last one on its connection. */
export function lastErrorText(
  statusCode: number,
  message: string,
  { method = 'GET', fields, accept }: LastErrorOptions = {},
): string {
  const date = new Date().toUTCString();
  return errorText(statusCode, message, { date, connection: 'Connection: close\r\n', method, fields, accept });
}

/** The response in place of one to a request whose head has not arrived. The connection ends with it. */
export function bareErrorText(statusCode: number): string {
  return `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\nConnection: close\r\n\r\n`;
}

/** What an error response has besides its status and message. */
export interface ErrorParts {
  readonly date: string;
  /** Header lines, each with its line end. */
  readonly connection: string;
  /** Of the request. */
  readonly method: string;
  readonly fields?: ErrorFields | undefined;
  /** Of the request. */
  readonly accept: string | undefined;
}

/** An error response as on the wire. Each character is a byte. */
export function errorText(
  statusCode: number,
  message: string,
  { date, connection, method, fields, accept }: ErrorParts,
): string {
  const body = bodyOf(statusCode, message, fields, accept);
  const lines = Object.entries({ ...headersOf(statusCode, body, fields), date }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n${lines.join('')}${connection}\r\n`;
  return method === 'HEAD' ? head : head + Buffer.from(body.text).toString('latin1');
}

/** The value of a field in a raw header list; those of several lines are one list (RFC 9110 §5.3). */
function rawField(raw: readonly string[], name: string): string | undefined {
  const values = raw.filter((_, i) => i % 2 === 1 && raw[i - 1].toLowerCase() === name);
  return values.length === 0 ? undefined : values.join(', ');
}

function bodyOf(status: number, message: string, fields: ErrorFields | undefined, accept: string | undefined) {
  return errorPages.bodyOf({ status, message, requestId: fields?.[REQUEST_ID_FIELD]?.toString() }, accept);
}

function headersOf(
  statusCode: number,
  { contentType, text, isNegotiated }: ErrorBody,
  fields: ErrorFields = {},
): Record<string, string | number> {
  return {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    ...(isNegotiated ? { vary: 'Accept' } : {}),
    ...(statusCode === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}),
    ...fields,
  };
}
