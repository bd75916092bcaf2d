// What the balancer answers on its own account: a status, and a sentence as JSON.
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Problem } from '@fairlead/contracts';

/** Clients are asked to come back after this long: a re-check of a backend is due by then. */
const RETRY_AFTER_SECONDS = 1;

/** Answers with a problem; 503 carries `Retry-After`. Does nothing once an answer has begun. */
export function sendError(response: ServerResponse, statusCode: number, message: string): void {
  if (response.headersSent || response.destroyed) return;
  // `OPTIONS *` asks whether anybody is here, and that is the answer.
  if (statusCode === 204) {
    response.writeHead(204).end();
    return;
  }
  const body = bodyOf(statusCode, message);
  response.writeHead(statusCode, headersOf(statusCode, body)).end(body);
}

/** The same on a bare socket, for a request that wanted another protocol; the connection ends with it. */
export function endWithError(socket: Duplex, statusCode: number, message: string): void {
  // A reset of a socket that nobody listens to would end the process.
  socket.on('error', () => {});
  if (!socket.writable) return;
  socket.once('finish', () => socket.destroy());
  socket.end(
    errorText(statusCode, message, {
      date: new Date().toUTCString(),
      connection: 'Connection: close\r\n',
      method: 'GET',
    }),
  );
}

/** An answer's head with a problem, and its body, as they go over the wire; `connection` is lines of its own. All ASCII. */
export function errorText(
  statusCode: number,
  message: string,
  { date, connection, method }: { readonly date: string; readonly connection: string; readonly method: string },
): string {
  const body = bodyOf(statusCode, message);
  const lines = Object.entries({ ...headersOf(statusCode, body), date }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n${lines.join('')}${connection}\r\n${method === 'HEAD' ? '' : body}`;
}

function bodyOf(statusCode: number, message: string): string {
  const problem: Problem = { statusCode, error: STATUS_CODES[statusCode] ?? 'Error', message };
  return `${JSON.stringify(problem)}\n`;
}

function headersOf(statusCode: number, body: string): Record<string, string | number> {
  return {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(statusCode === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}),
  };
}
