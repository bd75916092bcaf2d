// The last requests that went through, kept in a ring.
import type { RequestRecord } from '@fairlead/contracts';
import { ResourceSpace, type ResourceVector } from '@fairlead/scheduling';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';

/** How many requests are remembered. */
export const KEPT_REQUESTS = 200;
const LONGEST_PATH = 200;

/** A finished request, as the data plane tells of it. */
export interface FinishedRequest {
  readonly client: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly status: number;
  readonly backend: string | undefined;
  readonly demand: ResourceVector;
  readonly attempts: number;
  readonly durationMs: number;
}

@Injectable()
export class RequestLog {
  private readonly logger = new Logger('Request');
  private readonly ring: (FinishedRequest & { readonly endedAt: number })[] = [];
  private readonly resources: ResourceSpace;
  private next = 0;

  constructor(@Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>) {
    this.resources = config.RESOURCES;
  }

  add(request: FinishedRequest): void {
    const kept = { ...request, endedAt: Date.now() };
    this.ring[this.next] = kept;
    this.next = (this.next + 1) % KEPT_REQUESTS;
    const { ACCESS_LOG } = this.config;
    if (ACCESS_LOG === 'all' || (ACCESS_LOG === 'errors' && request.status >= 500)) {
      this.logger.log(this.recordOf(kept), 'request');
    }
  }

  /** The last requests, newest first. */
  newest(): RequestRecord[] {
    const { ring, next } = this;
    return [...ring.slice(next), ...ring.slice(0, next)].toReversed().map((request) => this.recordOf(request));
  }

  private recordOf(request: FinishedRequest & { readonly endedAt: number }): RequestRecord {
    return {
      at: new Date(request.endedAt).toISOString(),
      client: request.client,
      method: request.method,
      path: request.target.split('?', 1)[0].slice(0, LONGEST_PATH),
      status: request.status,
      backend: request.backend ?? null,
      demand: this.resources.amountsOf(request.demand),
      attempts: request.attempts,
      durationMs: Math.round(request.durationMs * 1000) / 1000,
    };
  }
}
