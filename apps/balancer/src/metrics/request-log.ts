// The last requests that went through, kept in a ring.
import type { RequestRecord } from '@fairlead/contracts';
import { ResourceSpace, type ResourceVector } from '@fairlead/scheduling';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';

/** How many requests are remembered. */
export const KEPT_REQUESTS = 200;
/** Of so much time no more than that are: what came behind is not looked at before it is pushed out. Milliseconds. */
const WINDOW_MS = 100;
const MAX_PATH_CHARACTERS = 200;
const EMPTY_DEMAND: ResourceVector = new Float64Array(0);

/** An exchange that has ended, as its request is told of. */
export interface EndedExchange {
  readonly head: {
    readonly client: string;
    readonly method: string;
    /** Path and query. */
    readonly target: string;
    readonly demand: ResourceVector;
  };
  /** The last that served it. */
  readonly backend: { readonly id: string } | undefined;
  readonly attempts: number;
  /** Monotonic milliseconds. */
  readonly startedAtMs: number;
}

/**
 * A place in the ring, written over again and again. Were each request's own objects kept there, V8 would learn that such
 * objects grow old, and put every request's into the old generation.
 */
class KeptRequest {
  client = '';
  method = '';
  target = '';
  demand: ResourceVector = EMPTY_DEMAND;
  status = 0;
  backend: string | undefined;
  attempts = 0;
  durationMs = 0;
  /** Wall clock; 0 while nothing is kept here. */
  endedAt = 0;

  keep({ head, backend, attempts, startedAtMs }: EndedExchange, status: number, nowMs: number): void {
    this.client = head.client;
    this.method = head.method;
    this.target = head.target;
    this.demand = head.demand;
    this.status = status;
    this.backend = backend?.id;
    this.attempts = attempts;
    this.durationMs = nowMs - startedAtMs;
    this.endedAt = Date.now();
  }
}

@Injectable()
export class RequestLog {
  private readonly logger = new Logger('Request');
  private readonly ring = Array.from({ length: KEPT_REQUESTS }, () => new KeptRequest());
  private readonly resources: ResourceSpace;
  private next = 0;
  private windowBeganMs = -Infinity;
  private keptInWindow = 0;

  constructor(@Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>) {
    this.resources = config.RESOURCES;
  }

  /** An exchange has ended with this status. `nowMs` is monotonic. */
  add(exchange: EndedExchange, status: number, nowMs: number): void {
    const isLogged = this.isLogged(status);
    if (!this.isKept(nowMs) && !isLogged && status < 500) return;
    const kept = this.ring[this.next];
    kept.keep(exchange, status, nowMs);
    this.next = (this.next + 1) % KEPT_REQUESTS;
    if (isLogged) this.logger.log(this.recordOf(kept), 'request');
  }

  /** The last requests, newest first. */
  newest(): RequestRecord[] {
    const { ring, next } = this;
    const kept = [...ring.slice(next), ...ring.slice(0, next)].filter(({ endedAt }) => endedAt > 0);
    return kept.toReversed().map((request) => this.recordOf(request));
  }

  private isKept(nowMs: number): boolean {
    if (nowMs - this.windowBeganMs >= WINDOW_MS) {
      this.windowBeganMs = nowMs;
      this.keptInWindow = 0;
    }
    return this.keptInWindow++ < KEPT_REQUESTS;
  }

  private isLogged(status: number): boolean {
    const { ACCESS_LOG, ACCESS_LOG_SAMPLE } = this.config;
    if (ACCESS_LOG === 'off') return false;
    if (status >= 500) return true;
    return ACCESS_LOG === 'all' && (ACCESS_LOG_SAMPLE === 1 || Math.random() < ACCESS_LOG_SAMPLE);
  }

  private recordOf(kept: KeptRequest): RequestRecord {
    const { client, method, target, demand, status, backend, attempts, durationMs, endedAt } = kept;
    return {
      at: new Date(endedAt).toISOString(),
      client,
      method,
      path: target.split('?', 1)[0].slice(0, MAX_PATH_CHARACTERS),
      status,
      backend: backend ?? null,
      demand: this.resources.amountsOf(demand),
      attempts,
      durationMs: Math.round(durationMs * 1000) / 1000,
    };
  }
}
