// How an exchange of the fast lane sees the client's connection. An interface, since connection.ts imports exchange.ts:
// the arrow back would make the two one file.
import type { ForwardingRule, ResponseHead } from '@fairlead/http1';
import type { Socket } from 'node:net';

/** The connection that a client's request came by. */
export interface DownstreamConnection {
  readonly socket: Socket;
  /** Which fields of the client's requests are forwarded. */
  readonly requestRule: ForwardingRule;
  /** Whether the connection ends with the present response. */
  readonly isLastResponse: boolean;
  /** More of the request's body is wanted. */
  resumeReading(): void;
  /** Returns how many bytes the client is sent. */
  relayInterimResponse(head: ResponseHead): number;
  /** The response was sent, and the exchange can serve another request. `isLast`: the connection ends. */
  onExchangeEnd(isLast: boolean): void;
  /** The response was cut off, which the client has to see: the connection ends at once. */
  onExchangeAbort(): void;
}
