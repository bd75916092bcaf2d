// A route, compiled: what it matches, and what becomes of its requests. Immutable: a request keeps the one it began with.
import type { ResourceSpace, ResourceVector } from '@fairlead/scheduling';
import type { MirrorConfig, RouteConfig, RouteMatch } from '@fairlead/traffic-config';
import { keySourceOf, type KeySource } from '../../placement/affinity-key.js';
import { CompiledHeaderChanges } from '../headers/header-changes.js';
import { Rate } from '../limits/rate.js';
import { Conditions } from './conditions.js';
import { fixedResponder, redirectResponder, withChangedFields, type Responder } from './responders.js';
import { PoolChoice } from './pool-choice.js';
import { RequestChanges } from './request-changes.js';

/** The time limits of a route's requests. Milliseconds. */
export interface RouteTimeLimits {
  /** One attempt of an idempotent request. */
  readonly attemptTimeoutMs: number;
  /** All attempts together, from when the request was sent whole. */
  readonly requestTimeoutMs: number;
  /** A body of which no byte moves. */
  readonly streamIdleTimeoutMs: number;
}

export class Route implements RouteTimeLimits {
  readonly name: string;
  readonly match: RouteMatch;
  readonly conditions: Conditions;
  /** Responds instead of a backend; undefined for a route to pools. */
  readonly responder: Responder | undefined;
  /** The pools of the requests; undefined for a route that responds by itself. */
  readonly pools: PoolChoice | undefined;
  /** What keeps a client on one of several pools; undefined: nothing does. */
  readonly stableBy: KeySource | undefined;
  /** Of every request; undefined: each is classified. */
  readonly demand: ResourceVector | undefined;
  readonly attemptTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly streamIdleTimeoutMs: number;
  readonly maxAttempts: number;
  readonly maxBodyBytes: number;
  /** Requests per second of one client; undefined: no limit of the route's own. */
  readonly rate: Rate | undefined;
  /** What a client's use of the rate is counted by: another rate after a reload starts over. */
  readonly rateName: string;
  readonly requestChanges: RequestChanges | undefined;
  readonly responseChanges: CompiledHeaderChanges | undefined;
  readonly mirror: MirrorConfig | undefined;
  /** How long a request waits for the first backend of an empty pool. Milliseconds. */
  readonly holdMs: number;

  constructor(
    config: RouteConfig,
    /** Its place in the order in which routes are tried. */
    readonly rank: number,
    resources: ResourceSpace,
  ) {
    const { action, match, timeouts, rate } = config;
    this.name = config.name;
    this.match = match;
    this.conditions = new Conditions(match);
    if (action.kind === 'pools') {
      this.pools = new PoolChoice(action.pools);
      if (action.stableBy !== undefined) this.stableBy = keySourceOf(action.stableBy);
    } else this.responder = withChangedFields(responderOf(action, match), config.responseHeaders);
    if (config.demand) this.demand = resources.vectorOf(config.demand);
    this.attemptTimeoutMs = timeouts.attemptSeconds * 1000;
    this.requestTimeoutMs = timeouts.requestSeconds * 1000;
    this.streamIdleTimeoutMs = timeouts.idleSeconds * 1000;
    this.maxAttempts = config.maxAttempts;
    this.maxBodyBytes = config.maxBodyBytes;
    if (rate) this.rate = new Rate(rate.requestsPerSecond, rate.burst);
    this.rateName = rate ? `${config.name} ${rate.requestsPerSecond} ${rate.burst}` : '';
    this.requestChanges = RequestChanges.of(config.rewrite, config.requestHeaders);
    const responseChanges = new CompiledHeaderChanges(config.responseHeaders);
    if (!responseChanges.areNone) this.responseChanges = responseChanges;
    this.mirror = config.mirror;
    this.holdMs = config.holdSeconds * 1000;
  }

  /** Whether it matches every request. */
  get matchesAll(): boolean {
    return this.match.hosts.length === 0 && this.match.path.kind === 'any' && this.conditions.areNone;
  }
}

function responderOf(action: Exclude<RouteConfig['action'], { kind: 'pools' }>, { path }: RouteMatch): Responder {
  if (action.kind === 'respond') return fixedResponder(action);
  return redirectResponder(action, path.kind === 'prefix' ? path.path : undefined);
}
