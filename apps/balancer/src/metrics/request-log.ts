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
const LONGEST_PATH = 200;

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
  readonly beganAt: number;
}

/** A request that is remembered. */
interface KeptRequest {
  readonly head: EndedExchange['head'];
  readonly status: number;
  readonly backend: string | undefined;
  readonly attempts: number;
  readonly durationMs: number;
  readonly endedAt: number;
}

@Injectable()
export class RequestLog {
  private readonly logger = new Logger('Request');
  private readonly ring: KeptRequest[] = [];
  private readonly resources: ResourceSpace;
  private next = 0;
  private windowBeganMs = -Infinity;
  private keptInWindow = 0;

  constructor(@Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>) {
    this.resources = config.RESOURCES;
  }

  /** An exchange has ended with this status. `nowMs` is monotonic. */
  add({ head, backend, attempts, beganAt }: EndedExchange, status: number, nowMs: number): void {
    const isLogged = this.isLogged(status);
    if (!this.isRemembered(nowMs) && !isLogged && status < 500) return;
    const durationMs = nowMs - beganAt;
    const kept = { head, status, backend: backend?.id, attempts, durationMs, endedAt: Date.now() };
    this.ring[this.next] = kept;
    this.next = (this.next + 1) % KEPT_REQUESTS;
    if (isLogged) this.logger.log(this.recordOf(kept), 'request');
  }

  /** The last requests, newest first. */
  newest(): RequestRecord[] {
    const { ring, next } = this;
    return [...ring.slice(next), ...ring.slice(0, next)].toReversed().map((request) => this.recordOf(request));
  }

  private isRemembered(nowMs: number): boolean {
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

  private recordOf({ head, status, backend, attempts, durationMs, endedAt }: KeptRequest): RequestRecord {
    return {
      at: new Date(endedAt).toISOString(),
      client: head.client,
      method: head.method,
      path: head.target.split('?', 1)[0].slice(0, LONGEST_PATH),
      status,
      backend: backend ?? null,
      demand: this.resources.amountsOf(head.demand),
      attempts,
      durationMs: Math.round(durationMs * 1000) / 1000,
    };
  }
}
