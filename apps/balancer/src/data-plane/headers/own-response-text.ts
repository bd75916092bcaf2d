// Responses of the balancer's own that are no errors, such as redirects, as they are sent.
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { ErrorFields } from './error-response.js';
import { mayHaveLength } from './header-rules.js';

/** Header fields by name in lower case; several lines of one name as a list. */
export type OwnFields = Readonly<Record<string, string | number | string[]>>;

/** A response of the balancer's own. */
export interface OwnResponseParts {
  readonly statusCode: number;
  readonly fields: OwnFields;
  readonly body: string;
}

/** Sends a response through Node's server. `extra`: further fields. */
export function sendOwn(response: ServerResponse, own: OwnResponseParts, extra: ErrorFields = {}): void {
  response.writeHead(own.statusCode, fieldsOf(own, extra)).end(own.body);
}

/** What a response depends on besides itself. */
export interface OwnResponseTerms {
  readonly date: string;
  /** Header lines, each with its line end. */
  readonly connection: string;
  /** Of the request. */
  readonly method: string;
  /** Further fields. */
  readonly extra: ErrorFields | undefined;
}

/** A response as on the wire. */
export function ownResponseText(own: OwnResponseParts, { date, connection, method, extra }: OwnResponseTerms): string {
  const { statusCode, body } = own;
  const lines = Object.entries({ ...fieldsOf(own, extra), date }).flatMap(([name, value]) => {
    return [value].flat().map((each) => `${name}: ${each}\r\n`);
  });
  const head = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}\r\n${lines.join('')}${connection}\r\n`;
  // Each character is sent as one byte.
  return method === 'HEAD' ? head : head + Buffer.from(body).toString('latin1');
}

/** A response to a GET as on the wire, the last one on its connection. */
export function lastOwnText(own: OwnResponseParts, extra: ErrorFields | undefined): string {
  const date = new Date().toUTCString();
  return ownResponseText(own, { date, connection: 'Connection: close\r\n', method: 'GET', extra });
}

function fieldsOf({ statusCode, fields, body }: OwnResponseParts, extra: ErrorFields = {}): OwnFields {
  const length = mayHaveLength(statusCode) ? { 'content-length': Buffer.byteLength(body) } : {};
  return { ...fields, ...length, ...extra };
}
