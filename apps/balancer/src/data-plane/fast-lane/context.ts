// What the connections and exchanges of the fast lane share: settings, and the objects that there is one of in a thread.
import type { ForwardingRule, RequestHead } from '@fairlead/http1';
import type { BalancerConfig } from '../../config/balancer.config.js';
import { requestHeadLimits } from '../../config/traffic-limits.js';
import type { BoundedLog } from '../../metrics/bounded-log.js';
import { attemptLimitsOf, type AttemptLimits } from '../exchange/attempt-limits.js';
import { DemandHeaderCache } from '../headers/forwarded-header-cache.js';
import { OwnResponseHeaders } from '../headers/own-response-headers.js';
import { RequestFieldFilters } from '../headers/request-field-filter.js';
import type { DeadlineClock } from '../io/deadline-clock.js';
import type { LingeringClose } from '../io/lingering-close.js';
import type { Mirror } from '../mirror/mirror.js';
import type { Peer } from '../request/client-identity.js';
import { PathRules } from '../request/path-rules.js';
import { RequestIds } from '../request/request-ids.js';
import type { Stickiness } from '../stickiness/stickiness.js';
import type { IdlePool } from '../upstream/idle-pool.js';
import type { UpstreamConnector } from '../upstream/upstream-connector.js';
import { RouteFieldRules } from './route-field-rules.js';
import { SharedHeads } from './shared-heads.js';
import { createUpstreamPool, type UpstreamConnection } from './upstream-connections.js';
import { hasUnderscoredName, requestRule, responseRules, type ResponseRules } from './wire-fields.js';
import { keepAliveTail, linesOf, type ResponseTail } from './wire-headers.js';
import { WriteBuffer } from './write-buffer.js';

/** What the lane shares with the other lanes of its thread. */
export interface ThreadServices {
  readonly clock: DeadlineClock;
  readonly lingering: LingeringClose;
  readonly connector: UpstreamConnector;
  readonly mirror: Mirror;
  readonly stickiness: Stickiness;
  readonly log: BoundedLog;
}

export class FastLaneContext {
  readonly clock: DeadlineClock;
  readonly lingering: LingeringClose;
  readonly mirror: Mirror;
  readonly stickiness: Stickiness;
  readonly limits: AttemptLimits;
  readonly ownHeaders: OwnResponseHeaders;
  readonly retryBufferBytes: number;
  readonly headerTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly maxRequestsPerConnection: number;
  /** Ends a response after which the connection is kept. */
  readonly keepAliveTail: ResponseTail;
  readonly upstreams: IdlePool<UpstreamConnection>;
  readonly writeBuffer = new WriteBuffer();
  readonly heads: SharedHeads;
  readonly ids: RequestIds;
  readonly responseRules: ResponseRules;
  readonly routeRules = new RouteFieldRules();
  /** The last lines of a forwarded request: its demand, and the empty one. */
  readonly demandLines: DemandHeaderCache<Buffer>;
  /** The time as a `Date` field has it, late by up to a sweep. */
  date = new Date().toUTCString();
  /** Every response is the last one on its connection. */
  isClosing = false;
  /** Whether a request with `_` in the name of a field is refused. */
  private readonly rejectsUnderscores: boolean;
  private readonly pathRules: PathRules;
  private readonly log: BoundedLog;
  private readonly rules: { readonly fromProxies: ForwardingRule; readonly fromOthers: ForwardingRule };

  constructor(config: BalancerConfig, { clock, lingering, connector, mirror, stickiness, log }: ThreadServices) {
    this.clock = clock;
    this.lingering = lingering;
    this.mirror = mirror;
    this.stickiness = stickiness;
    this.log = log;
    this.limits = attemptLimitsOf(config, connector.timeouts.slowConnectMs);
    this.ownHeaders = new OwnResponseHeaders(config.RESOURCES, config.HSTS_SECONDS);
    this.retryBufferBytes = config.RETRY_BUFFER_BYTES;
    this.headerTimeoutMs = config.CLIENT_HEADER_TIMEOUT_SECONDS * 1000;
    this.keepAliveMs = config.CLIENT_KEEP_ALIVE_SECONDS * 1000;
    this.maxRequestsPerConnection = config.MAX_REQUESTS_PER_CONNECTION;
    this.rejectsUnderscores = config.UNDERSCORE_HEADERS === 'reject';
    this.pathRules = new PathRules(config);
    this.ids = new RequestIds(config);
    this.responseRules = responseRules(this.ids.isOn);
    const filters = new RequestFieldFilters(config.UNDERSCORE_HEADERS, this.ids.isOn);
    this.rules = {
      fromProxies: requestRule(filters.for({ isProxy: true })),
      fromOthers: requestRule(filters.for({ isProxy: false })),
    };
    this.keepAliveTail = keepAliveTail(config.CLIENT_KEEP_ALIVE_SECONDS);
    this.heads = new SharedHeads(requestHeadLimits(config));
    this.demandLines = new DemandHeaderCache(config.RESOURCES, (headers) => {
      return Buffer.from(`${linesOf(headers)}\r\n`, 'latin1');
    });
    this.upstreams = createUpstreamPool(
      connector,
      () => clock.nowMs,
      (error) => this.reportDefect(error),
    );
  }

  /** Whether a request is left to the full lane, which refuses it or changes its target. */
  isLeftToFullLane(head: RequestHead): boolean {
    if (this.rejectsUnderscores && hasUnderscoredName(head)) return true;
    return !this.pathRules.keepAll && this.pathRules.apply(head.target) !== head.target;
  }

  /** Which fields of the requests of a peer are forwarded. */
  requestRuleFor({ isProxy }: Peer): ForwardingRule {
    return isProxy ? this.rules.fromProxies : this.rules.fromOthers;
  }

  /** Logs an error that was thrown while the bytes of a peer were read: it ends a connection, not the process. */
  reportDefect(error: unknown): void {
    this.log.defect(error);
  }
}
