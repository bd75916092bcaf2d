// The balancer's own error responses: a status, and JSON with one sentence.
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Problem } from '@fairlead/contracts';

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
  const body = bodyOf(statusCode, message);
  response.writeHead(statusCode, headersOf(statusCode, body, fields)).end(body);
}

/** What may differ in an error response that is the last one on its connection. */
export interface LastErrorOptions {
  /** The method of the request, as far as it is known. */
  readonly method?: string;
  readonly fields?: ErrorFields | undefined;
}

/** An error response as on the wire, the last one on its connection. */
export function lastErrorText(
  statusCode: number,
  message: string,
  { method = 'GET', fields }: LastErrorOptions = {},
): string {
  const date = new Date().toUTCString();
  return errorText(statusCode, message, { date, connection: 'Connection: close\r\n', method, fields });
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
}

/** An error response as on the wire. */
export function errorText(
  statusCode: number,
  message: string,
  { date, connection, method, fields }: ErrorParts,
): string {
  const body = bodyOf(statusCode, message);
  const lines = Object.entries({ ...headersOf(statusCode, body, fields), date }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n${lines.join('')}${connection}\r\n${method === 'HEAD' ? '' : body}`;
}

function bodyOf(statusCode: number, message: string): string {
  const problem: Problem = { statusCode, error: STATUS_CODES[statusCode] ?? 'Error', message };
  return `${JSON.stringify(problem)}\n`;
}

function headersOf(statusCode: number, body: string, fields: ErrorFields = {}): Record<string, string | number> {
  return {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(statusCode === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}),
    ...fields,
  };
}
