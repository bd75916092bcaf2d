// How a client's connection in the fast lane and its present exchange see each other.
import type { RequestHead, ResponseHead } from '@fairlead/http1';
import type { Socket } from 'node:net';
import type { ReadRequest } from '../request/request-reader.js';

/** The client's connection, as its present exchange sees it. */
export interface DownstreamConnection {
  readonly socket: Socket;
  /** Whether the connection ends with the present answer. */
  readonly isLastResponse: boolean;
  /** More of the body is wanted. */
  resumeReading(): void;
  /** Passes an interim answer on. */
  relayInterimResponse(head: ResponseHead): void;
  /** The request is answered; `isLast`: the connection ends. */
  onExchangeEnd(isLast: boolean): void;
  /** The answer broke off, which the client has to see: the connection ends at once. */
  onExchangeAbort(): void;
}

/** An exchange, as the client's connection sees it. It serves one request after another, of whatever client. */
export interface FastLaneExchange {
  /** Bytes of the request's body that are still to come. */
  readonly bodyMissing: number;
  /** A client's request has come in, framed by `framed`; behind its own lines go those of the balancer. */
  reset(client: DownstreamConnection, head: ReadRequest, framed: RequestHead, lines: readonly [Buffer, Buffer]): void;
  /**
   * Sets out. What came of the body with the head stands in `bytes` from `from` to before `end`: mostly it goes on at once,
   * and need not be copied. Answers whether more of the body is wanted.
   */
  start(bytes: Buffer, from: number, end: number): boolean;
  /** A piece of the request's body came in. Answers whether the backend takes more. */
  receiveBody(piece: string): boolean;
  /** The client went away. */
  onClientClose(): void;
  /** What was held up towards the client is written. */
  onClientDrain(): void;
}
