// The last requests, kept in a ring, and the access log.
import type { AccessRecord, RequestRecord } from '@fairlead/contracts';
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
/** Longer texts of clients are truncated. */
const MAX_CHARACTERS = 200;
const EMPTY_DEMAND: ResourceVector = new Float64Array(0);

/** What the lane of a request knows about it. Read only for requests that are kept or logged, since lookups take time. */
export interface RequestDetails {
  /** The id of the request; undefined with `REQUEST_ID=off`. */
  readonly requestId: string | undefined;
  /** The version of HTTP that the client speaks: `1.0` or `1.1`. */
  readonly httpVersion: string;
  /** The version of TLS that the client speaks, such as `TLSv1.3`; undefined without TLS. */
  readonly tlsVersion: string | undefined;
  /** Bytes that the client has sent, before encryption: the head, the body, and what follows an upgrade. */
  readonly bytesIn: number;
  /** Bytes that were sent to the client, before encryption. */
  readonly bytesOut: number;
  /** When the backend's response began, monotonic milliseconds. Infinity: all of it arrived at once; NaN: there was none. */
  readonly firstByteAtMs: number;
  /** A field of the request by its name in lower case; undefined when it is absent. */
  field(name: string): string | undefined;
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
  /** NaN when no response of a backend began. */
  firstByteMs = NaN;
  requestId: string | undefined;
  httpVersion = '';
  tlsVersion: string | undefined;
  bytesIn = 0;
  bytesOut = 0;
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
    const { details } = control;
    this.firstByteMs = Math.min(details.firstByteAtMs, nowMs) - startedAtMs;
    this.requestId = details.requestId;
    this.httpVersion = details.httpVersion;
    this.tlsVersion = details.tlsVersion;
    this.bytesIn = details.bytesIn;
    this.bytesOut = details.bytesOut;
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
    const { details } = exchange.control;
    if (status >= 500) this.bounded.failedRequest(status, () => this.accessRecordOf(kept, details));
    else this.logger.log(this.accessRecordOf(kept, details), 'request');
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
    return {
      at: new Date(kept.endedAt).toISOString(),
      client: kept.client,
      method: kept.method,
      path: kept.target.split('?', 1)[0].slice(0, MAX_CHARACTERS),
      protocol: `HTTP/${kept.httpVersion}`,
      ...(kept.tlsVersion === undefined ? {} : { tls: kept.tlsVersion }),
      status: kept.status,
      bytesIn: kept.bytesIn,
      bytesOut: kept.bytesOut,
      durationMs: rounded(kept.durationMs),
      firstByteMs: Number.isNaN(kept.firstByteMs) ? null : rounded(kept.firstByteMs),
      backend: kept.backend ?? null,
      attempts: kept.attempts,
      demand: this.resources.amountsOf(kept.demand),
      requestId: kept.requestId ?? null,
    };
  }

  private accessRecordOf(kept: KeptRequest, details: RequestDetails): AccessRecord {
    const field = (name: string) => details.field(name)?.slice(0, MAX_CHARACTERS) ?? null;
    return { ...this.recordOf(kept), host: field('host'), userAgent: field('user-agent') };
  }
}

/** Milliseconds to the microsecond. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
