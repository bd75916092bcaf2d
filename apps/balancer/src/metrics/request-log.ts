// The last requests, kept in a ring.
import type { RequestRecord } from '@fairlead/contracts';
import { ResourceSpace, type ResourceVector } from '@fairlead/scheduling';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { BoundedLog } from './bounded-log.js';

/** The size of the ring. */
export const KEPT_REQUESTS = 200;
/**
 * Within one window at most KEPT_REQUESTS are recorded: more would be overwritten before anyone reads them. Failures
 * are always recorded.
 */
const WINDOW_MS = 100;
const MAX_PATH_CHARACTERS = 200;
const EMPTY_DEMAND: ResourceVector = new Float64Array(0);

/** What the lane of a request knows of it. Read only for a request that is kept or logged: it may cost something. */
export interface RequestDetails {
  /** The id of the request; undefined with `REQUEST_ID=off`. */
  readonly requestId: string | undefined;
}

/** An exchange that has ended, with what the log keeps of it. */
export interface EndedExchange {
  readonly head: {
    readonly client: string;
    readonly method: string;
    /** Path and query. */
    readonly target: string;
    readonly demand: ResourceVector;
  };
  /** The last backend that served it. */
  readonly backend: { readonly id: string } | undefined;
  readonly attempts: number;
  /** Monotonic milliseconds. */
  readonly startedAtMs: number;
  /** The part of the lane that served it. */
  readonly control: { readonly details: RequestDetails };
}

/**
 * A slot of the ring, which is overwritten. If the ring kept each request's own objects, V8 would see such objects
 * survive and allocate those of every request in the old generation.
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
  requestId: string | undefined;
  /** Wall clock; 0 while the slot is empty. */
  endedAt = 0;

  keep({ head, backend, attempts, startedAtMs, control }: EndedExchange, status: number, nowMs: number): void {
    this.client = head.client;
    this.method = head.method;
    this.target = head.target;
    this.demand = head.demand;
    this.status = status;
    this.backend = backend?.id;
    this.attempts = attempts;
    this.durationMs = nowMs - startedAtMs;
    this.requestId = control.details.requestId;
    this.endedAt = Date.now();
  }
}

@Injectable()
export class RequestLog {
  private readonly logger = new Logger('Request');
  private readonly ring = Array.from({ length: KEPT_REQUESTS }, () => new KeptRequest());
  private readonly resources: ResourceSpace;
  private next = 0;
  /** When the present window began, monotonic milliseconds. */
  private windowStartMs = -Infinity;
  private addedInWindow = 0;

  constructor(
    private readonly bounded: BoundedLog,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.resources = config.RESOURCES;
  }

  /** Adds an exchange that ended with this status. `nowMs` is monotonic. */
  add(exchange: EndedExchange, status: number, nowMs: number): void {
    const isLogged = this.isLogged(status);
    if (!this.countInWindow(nowMs) && !isLogged && status < 500) return;
    const kept = this.ring[this.next];
    kept.keep(exchange, status, nowMs);
    this.next = (this.next + 1) % KEPT_REQUESTS;
    if (!isLogged) return;
    if (status >= 500) this.bounded.failedRequest(status, () => this.recordOf(kept));
    else this.logger.log(this.recordOf(kept), 'request');
  }

  /** The last requests, newest first. */
  newest(): RequestRecord[] {
    const { ring, next } = this;
    const kept = [...ring.slice(next), ...ring.slice(0, next)].filter(({ endedAt }) => endedAt > 0);
    return kept.toReversed().map((request) => this.recordOf(request));
  }

  /** Counts an exchange in its window; returns whether the window has room for it. */
  private countInWindow(nowMs: number): boolean {
    if (nowMs - this.windowStartMs >= WINDOW_MS) {
      this.windowStartMs = nowMs;
      this.addedInWindow = 0;
    }
    return this.addedInWindow++ < KEPT_REQUESTS;
  }

  private isLogged(status: number): boolean {
    const { ACCESS_LOG, ACCESS_LOG_SAMPLE } = this.config;
    if (ACCESS_LOG === 'off') return false;
    if (status >= 500) return true;
    return ACCESS_LOG === 'all' && (ACCESS_LOG_SAMPLE === 1 || Math.random() < ACCESS_LOG_SAMPLE);
  }

  private recordOf(kept: KeptRequest): RequestRecord {
    const { client, method, target, demand, status, backend, attempts, durationMs, requestId, endedAt } = kept;
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
      requestId: requestId ?? null,
    };
  }
}
