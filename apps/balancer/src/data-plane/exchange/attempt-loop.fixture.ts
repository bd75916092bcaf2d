// Attempt loops for tests: over a real registry and scheduler, with a transport that records what it is asked to do.
import type { Environment } from '@fairlead/configuration';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { BoundedLog } from '../../metrics/bounded-log.js';
import { RequestLog } from '../../metrics/request-log.js';
import { RequestTable } from '../../metrics/request-table.js';
import { TrustedLearning } from '../../placement/trusted-learning.js';
import { DrfScheduler } from '../../placement/drf.scheduler.js';
import { aRegistry } from '../../registry/registry.fixture.js';
import { ClusterFacts } from '../../registry/snapshot/cluster-facts.js';
import type { FleetBackend } from '../../registry/snapshot/fleet.js';
import { FleetValidity } from '../../registry/snapshot/fleet-validity.js';
import { ClientLimits } from '../limits/client-limits.js';
import { ClientTable } from '../limits/client-table.js';
import { DeadlineClock } from '../io/deadline-clock.js';
import { attemptLimitsOf } from './attempt-limits.js';
import { AttemptLoop } from './attempt-loop.js';
import type { LaneTransport } from './lane-transport.js';
import { Route } from '../routing/route.js';
import type { PlacedRequest } from './placed-request.js';
import { ExchangeFactory } from './exchange-factory.js';

/** A request on its way. It ends with {@link close}, as when its client's connection closes. */
export class TestRequest implements LaneTransport {
  readonly loop: AttemptLoop;
  /** What the client and the backends saw, in order. */
  readonly log: string[] = [];
  isBodyReplayable = true;
  isUpstreamBackpressured = false;
  isDownstreamBackpressured = false;
  readonly details = {
    requestId: 'an-id',
    httpVersion: '1.1',
    tlsVersion: undefined,
    bytesIn: 0,
    bytesOut: 0,
    firstByteAtMs: NaN,
    field: () => undefined,
  };

  constructor(createLoop: (transport: LaneTransport) => AttemptLoop) {
    this.loop = createLoop(this);
  }

  mirror(): void {}

  startAttempt({ id }: FleetBackend): void {
    this.log.push(`sent to ${id}`);
  }

  abortAttempt(error: Error): void {
    this.log.push('aborted');
    this.loop.onAttemptError(error, false);
  }

  abortResponse(): void {
    this.log.push('response cut');
  }

  sendError(statusCode: number, message: string): void {
    this.log.push(`${statusCode}: ${message}`);
  }

  /** The attempt fails. */
  fail(error: Error): void {
    this.loop.onAttemptError(error, false);
  }

  /** The backend sends a whole response. */
  respond(status = 200): void {
    this.loop.onResponseHead(status, {});
    this.loop.exchange.completeAttempt();
    this.close();
  }

  close(): void {
    this.loop.end();
  }
}

/** What is known of a request, and whether its body is still to arrive. */
export interface RequestOptions extends Partial<PlacedRequest> {
  readonly hasBody?: boolean;
}

/** A fleet, and requests to it. Limits as configured by default: 1 s slow, 10 s an attempt, 30 s a request, 60 s idle. */
export function aDataPlane(environment: Environment = {}) {
  const fleet = aRegistry({ PLACEMENT_POLICY: 'round-robin', ...environment });
  const { config, table, registry, traffic } = fleet;
  const facts = new ClusterFacts();
  const learning = new TrustedLearning(registry, table, config);
  const requestLog = new RequestLog(new BoundedLog(config), config);
  const requests = new RequestTable(1);
  const factory = new ExchangeFactory(
    new DrfScheduler(registry, table, learning, traffic, new FleetValidity(facts, registry), config),
    registry,
    requestLog,
    new ClientLimits(new ClientTable(1), table, registry, traffic, facts, config),
    traffic,
    requests,
    config,
  );
  const clock = new DeadlineClock();
  const limits = attemptLimitsOf(config, 250);
  const route = new Route(traffic.config.routes[0], 0, config.RESOURCES);

  const aRequest = () => new TestRequest((transport) => new AttemptLoop(factory, limits, clock, transport));

  /** Has a request placed. */
  const start = (request: TestRequest, { hasBody = false, ...traits }: RequestOptions = {}) => {
    const demand = Float64Array.of(1, 1);
    const placed = { pool: DEFAULT_POOL, demand, classId: undefined, affinity: undefined, stickySlot: -1 };
    const known = { client: 'c', method: 'GET', target: '/', ...placed };
    request.loop.start({ ...known, route, ...traits }, hasBody);
    request.loop.tryNext();
    return request;
  };

  return {
    ...fleet,
    facts,
    route,
    factory,
    learning,
    clock,
    requestLog,
    requests,
    aRequest,
    start,
    /** A request of its own. */
    send: (traits?: RequestOptions) => start(aRequest(), traits),
    stateOf: (id: string) => registry.get(id).health.state,
    /** What is counted of the data plane. `errors`: by backend, in the order of their ids. */
    counts: () => {
      const { taken, unplaced, retries, queued } = table.own.counts;
      const errors = registry.list().map(({ slot }) => table.failed(slot));
      return { taken, unplaced, retries, queued, errors, active: table.totalActive() };
    },
  };
}
