// Responses of the balancer's own, errors and others, and how each lane sends them.
import { STATUS_CODES, type ServerResponse } from 'node:http';
import { mayHaveLength } from './header-rules.js';

/** Header fields by name in lower case; several lines of one name as a list. */
export type OwnFields = Readonly<Record<string, string | number | string[]>>;

/** A response that no backend has sent. */
export interface OwnResponse {
  readonly statusCode: number;
  /** Without `Content-Length` and `Date`. */
  readonly fields: OwnFields;
  readonly body: string;
}

/** What the text of a response depends on besides itself. */
export interface ResponseTerms {
  readonly date: string;
  /** Header lines, each with its line end. */
  readonly connection: string;
  /** Of the request. */
  readonly method: string;
}

/** Sends a response through Node's server. Does nothing once a response has begun. */
export function sendOwn(response: ServerResponse, own: OwnResponse): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(own.statusCode, allFieldsOf(own)).end(own.body);
}

/** A response as on the wire. Each character is a byte. */
export function ownResponseText(own: OwnResponse, { date, connection, method }: ResponseTerms): string {
  const { statusCode, body } = own;
  const lines = Object.entries({ ...allFieldsOf(own), date }).flatMap(([name, value]) => {
    return [value].flat().map((each) => `${name}: ${each}\r\n`);
  });
  const head = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}\r\n${lines.join('')}${connection}\r\n`;
  return method === 'HEAD' ? head : head + Buffer.from(body).toString('latin1');
}

/** A response as on the wire, the last one on its connection. */
export function lastResponseText(own: OwnResponse, method = 'GET'): string {
  return ownResponseText(own, { date: new Date().toUTCString(), connection: 'Connection: close\r\n', method });
}

/** The same response with further fields. */
export function withFields(own: OwnResponse, fields: OwnFields = {}): OwnResponse {
  return { ...own, fields: { ...own.fields, ...fields } };
}

function allFieldsOf({ statusCode, fields, body }: OwnResponse): Record<string, string | number | string[]> {
  return mayHaveLength(statusCode) ? { ...fields, 'content-length': Buffer.byteLength(body) } : { ...fields };
}
