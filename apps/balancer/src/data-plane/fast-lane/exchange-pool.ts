// Exchanges of the fast lane that are used again: a new one for each request would cost more than all its arithmetic.
import type { ExchangeFactory } from '../exchange/exchange-factory.js';
import type { FastLaneContext } from './context.js';
import { FastLaneExchange } from './exchange.js';

/** More that are free at a time are left to the collector. */
const MAX_FREE = 1024;

export class ExchangePool {
  private readonly free: FastLaneExchange[] = [];

  constructor(
    private readonly context: FastLaneContext,
    private readonly factory: ExchangeFactory,
  ) {}

  acquire(): FastLaneExchange {
    return this.free.pop() ?? new FastLaneExchange(this.context, this.factory);
  }

  /** Takes back an exchange that has ended. Its caller keeps no reference: the next request's data will be in it. */
  recycle(exchange: FastLaneExchange): void {
    if (this.free.length < MAX_FREE) this.free.push(exchange);
  }
}
