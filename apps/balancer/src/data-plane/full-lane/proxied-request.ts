// A client's request as Node's server hands it to the full lane, with the exchange that it began.
import { IncomingMessage } from 'node:http';
import type { FullLaneExchange } from './exchange.js';

export class ProxiedRequest extends IncomingMessage {
  exchange: FullLaneExchange | undefined = undefined;
}
