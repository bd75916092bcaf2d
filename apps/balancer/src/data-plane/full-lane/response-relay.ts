// Passes a backend's answer on to the client: its head by the rules of forwarding, its body as it comes, its trailers.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { streamResponse, type ResponseObserver } from './response-stream.js';
import { InvalidResponseError } from '../exchange/attempt-error.js';
import type { ParserBypass } from './parser-bypass.js';
import { sortResponseFields, isReasonPhrase, responseHeaders, type SortedFields } from '../headers/header-rules.js';
import { interimResponse } from '../headers/interim-response.js';
import { VIA_PSEUDONYM } from '../headers/via-pseudonym.js';

/** What there may be beside an answer. */
export interface RelayOptions {
  /** Header fields that the balancer adds, a raw list. */
  readonly ownHeaders?: readonly string[];
  /** Of the connection that the answer comes by. */
  readonly bypass?: ParserBypass | undefined;
}

/**
 * Writes the head of `answer`, then its body and trailers. The response is ended when the answer is; what becomes of an
 * answer that breaks off is the caller's affair. Answers what the head said to this hop.
 *
 * @throws {InvalidResponseError} before anything is written, when the head makes no sense.
 */
export function relayResponse(
  answer: IncomingMessage,
  request: IncomingMessage,
  response: ServerResponse,
  watcher: ResponseObserver,
  { ownHeaders = [], bypass }: RelayOptions = {},
): SortedFields {
  const { statusCode = 0, statusMessage: phrase = '' } = answer;
  const fields = sortResponseFields(answer.rawHeaders);
  refuseInvalid(answer, fields);
  const isChunked = isSentInChunks(fields, statusCode, request);
  const headers = responseHeaders(fields, { httpVersion: answer.httpVersion, pseudonym: VIA_PSEUDONYM, isChunked });
  headers.push(...ownHeaders);
  try {
    response.writeHead(statusCode, phrase, headers);
  } catch (error) {
    throw new InvalidResponseError(`its answer cannot be passed on: ${(error as Error).message}`);
  }
  // In a transfer coding, a length says nothing.
  const lengthBytes = fields.coding === undefined ? Number(fields.length) : NaN;
  streamResponse(answer, response, watcher, { lengthBytes, bypass });
  return fields;
}

function refuseInvalid(
  { statusCode = 0, statusMessage = '', httpVersion }: IncomingMessage,
  fields: SortedFields,
): void {
  const { coding } = fields;
  if (!isReasonPhrase(statusMessage)) throw new InvalidResponseError('its reason phrase is malformed');
  if (statusCode < 200 || statusCode > 599) throw new InvalidResponseError(`it answered with the status ${statusCode}`);
  const isOld = httpVersion === '1.0';
  if (!isOld && httpVersion !== '1.1') throw new InvalidResponseError(`it speaks HTTP/${httpVersion}`);
  if (coding === undefined) return;
  if (isOld) throw new InvalidResponseError('it answered in a transfer coding that HTTP/1.0 does not have');
  if (coding.toLowerCase() !== 'chunked')
    throw new InvalidResponseError('it answered in a transfer coding nobody asked for');
}

/** Whether Node will send the body to this client in chunks: it has one, of a length nobody told, and speaks 1.1. */
function isSentInChunks({ length }: SortedFields, status: number, { method, httpVersion }: IncomingMessage): boolean {
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
  return hasBody && httpVersion === '1.1' && length === undefined;
}

/** Passes interim responses (1xx) on to a client that can take them (RFC 9110 §15.2: not to one that speaks 1.0). */
export function relayInterimResponse(
  statusCode: number,
  rawHeaders: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (response.headersSent || response.destroyed || request.httpVersion !== '1.1') return;
  // Node has to know of it: without one, it closes the connection of a client that sent `Expect`.
  if (statusCode === 100) response.writeContinue();
  else {
    const text = interimResponse(statusCode, rawHeaders);
    if (text !== undefined) response.socket?.write(text, 'latin1');
  }
}
