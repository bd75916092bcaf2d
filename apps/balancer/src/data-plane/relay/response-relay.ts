// Relays a backend's response to a client of Node's server: its head by the forwarding rules, its body as it arrives, its
// trailers.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseContentLength } from '@fairlead/http1';
import { InvalidResponseError } from '../exchange/attempt-error.js';
import type { CompiledHeaderChanges } from '../headers/header-changes.js';
import {
  isReasonPhrase,
  responseHeaders,
  sortResponseFields,
  upgradeRequiredConnection,
  type SortedFields,
} from '../headers/header-rules.js';
import { interimResponse } from '../headers/interim-response.js';
import { VIA_PSEUDONYM } from '../headers/via-pseudonym.js';
import { cutConnection } from '../io/cut-connection.js';
import type { ParserBypass } from './parser-bypass.js';
import { streamResponse, type ResponseObserver } from './response-stream.js';

/** The client's side: what it asked, and the response that it gets. */
export interface Downstream {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What a relay may be given besides. */
export interface RelayOptions {
  /** Header fields that the balancer adds, a raw list. */
  readonly ownHeaders?: readonly string[];
  /** The fields that the request's route changes. What it adds is among `ownHeaders`. */
  readonly changes?: CompiledHeaderChanges | undefined;
  /** The id of the request; undefined for none. */
  readonly requestId?: string | undefined;
  /** Of the connection that the response arrives by. */
  readonly bypass?: ParserBypass | undefined;
}

/**
 * Writes the head of `upstream`, then its body and trailers. The client's response ends when it does; a response that
 * breaks off is the caller's to handle. Returns the fields that were for this hop.
 *
 * @throws {InvalidResponseError} before anything is written, when the head is malformed.
 */
export function relayResponse(
  upstream: IncomingMessage,
  { request, response }: Downstream,
  observer: ResponseObserver,
  { ownHeaders = [], changes, requestId, bypass }: RelayOptions = {},
): SortedFields {
  const { statusCode = 0, statusMessage: phrase = '' } = upstream;
  const fields = sortResponseFields(upstream.rawHeaders, requestId, changes?.dropped);
  requireValid(upstream, fields);
  const { httpVersion } = upstream;
  const isUnframed = hasBody(statusCode, request) && fields.length === undefined;
  const isChunked = isUnframed && request.httpVersion === '1.1';
  const hop = { statusCode, httpVersion, pseudonym: VIA_PSEUDONYM, isChunked, requestId };
  const headers = responseHeaders(fields, hop);
  headers.push(...ownHeaders);
  if (statusCode === 426 && fields.upgrade !== undefined) {
    headers.push('Upgrade', fields.upgrade, 'Connection', upgradeRequiredConnection(response.shouldKeepAlive));
  }
  try {
    response.writeHead(statusCode, phrase, headers);
  } catch (error) {
    throw new InvalidResponseError(`its response cannot be forwarded: ${(error as Error).message}`);
  }
  // With a transfer coding, a length means nothing.
  const lengthBytes = fields.coding === undefined ? Number(fields.length) : NaN;
  const isUntilClose = isUnframed && fields.coding === undefined;
  streamResponse(upstream, response, observer, { lengthBytes, isUntilClose, bypass });
  return fields;
}

function requireValid(
  { statusCode = 0, statusMessage = '', httpVersion }: IncomingMessage,
  { coding, length }: SortedFields,
): void {
  if (!isReasonPhrase(statusMessage)) throw new InvalidResponseError('its reason phrase is malformed');
  if (statusCode < 200 || statusCode > 599) throw new InvalidResponseError(`its status is ${statusCode}`);
  if (length !== undefined && parseContentLength(length) < 0) throw new InvalidResponseError('its length is malformed');
  const isHttp10 = httpVersion === '1.0';
  if (!isHttp10 && httpVersion !== '1.1') throw new InvalidResponseError(`it speaks HTTP/${httpVersion}`);
  if (coding === undefined) return;
  if (isHttp10) throw new InvalidResponseError('it used a transfer coding, which HTTP/1.0 does not have');
  if (coding.toLowerCase() !== 'chunked')
    throw new InvalidResponseError('it used a transfer coding other than chunked');
}

/** Whether a response has a body (RFC 9112 §6.3). */
function hasBody(status: number, { method }: IncomingMessage): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}

/**
 * Cuts a response so that its client sees that it is not whole. To a client that speaks 1.0 it may end with the connection,
 * so that only a reset shows.
 */
export function cutResponse({ request, response }: Downstream): void {
  const { socket } = response;
  if (socket && request.httpVersion === '1.0') cutConnection(socket);
  response.destroy();
}

/** Relays an interim response (1xx) to a client that can read it (RFC 9110 §15.2: not to one that speaks 1.0). */
export function relayInterimResponse(
  statusCode: number,
  rawHeaders: readonly string[],
  { request, response }: Downstream,
): void {
  if (response.headersSent || response.destroyed || request.httpVersion !== '1.1') return;
  // Node has to know of it: without one, it closes the connection of a client that sent `Expect`.
  if (statusCode === 100) response.writeContinue();
  else {
    const text = interimResponse(statusCode, rawHeaders);
    if (text !== undefined) response.socket?.write(text, 'latin1');
  }
}
