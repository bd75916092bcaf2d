// Copies requests to another pool. Clients do not notice: a copy is sent after the client's own request, its response is read
// and dropped. It counts as an attempt on its backend, and its outcome affects nothing else.
import { Agent, request as requestUpstream, type ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { ResourceVector, ThreadCounts } from '@fairlead/scheduling';
import type { MirrorConfig } from '@fairlead/traffic-config';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { monotonicSeconds } from '../../clock/monotonic.js';
import { DrfScheduler } from '../../placement/drf.scheduler.js';
import type { Placement } from '../../placement/placement.js';
import { Deadline, DeadlineClock } from '../io/deadline-clock.js';
import { forwardedTarget, targetOf, type UpstreamTarget } from '../upstream/upstream-address.js';
import { UpstreamConnector } from '../upstream/upstream-connector.js';

/** A request as it is forwarded, with its body whole. */
export interface RequestCopy {
  readonly method: string;
  /** Without the path prefix of a backend. */
  readonly target: string;
  /** A raw header list. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** What a copy is placed and limited by. */
export interface MirroredRequest {
  readonly demand: ResourceVector;
  readonly requestTimeoutMs: number;
}

/** Copies in flight in a thread beyond this are not sent. */
const MAX_COPIES = 256;
/** A copy that takes longer is given up: it would hold a backend that drains. Milliseconds. */
const MAX_COPY_MS = 30_000;
/** Idle connections to one backend beyond this are closed. */
const MAX_IDLE = 16;
/** TCP probes a silent connection after this long. Milliseconds. */
const TCP_PROBE_AFTER_MS = 60_000;
/** Lets a backend recognize a copy. */
const MARK = ['Fairlead-Mirror', '1'];
const NO_SLOTS: readonly number[] = [];

@Injectable()
export class Mirror implements OnModuleDestroy {
  private readonly agent: MirrorAgent;
  private readonly counts: ThreadCounts;
  private inFlight = 0;

  constructor(
    private readonly scheduler: DrfScheduler,
    private readonly clock: DeadlineClock,
    connector: UpstreamConnector,
  ) {
    this.agent = new MirrorAgent(connector);
    this.counts = scheduler.table.own.counts;
  }

  /** Copies the part of the requests that `config` says. `copy` is called at once, and returns undefined if it cannot. */
  consider({ pool, ratio }: MirrorConfig, request: MirroredRequest, copy: () => RequestCopy | undefined): void {
    if (Math.random() >= ratio) return;
    const copied = this.inFlight < MAX_COPIES ? copy() : undefined;
    if (!copied) {
      this.counts.copiesDropped++;
      return;
    }
    this.inFlight++;
    setImmediate(() => this.send(pool, request, copied));
  }

  /** Closes its connections. */
  onModuleDestroy(): void {
    this.agent.destroy();
  }

  private send(pool: string, { demand, requestTimeoutMs }: MirroredRequest, copy: RequestCopy): void {
    const placement = this.scheduler.createPlacement();
    // Without a class, nothing is learned from it.
    const placed = { pool, demand, classId: undefined, affinity: undefined, stickySlot: -1 };
    this.scheduler.place(placed, NO_SLOTS, placement, monotonicSeconds());
    const { backend } = placement;
    if (!backend) {
      this.end(placement);
      this.counts.copiesDropped++;
      return;
    }
    const sent = this.sendTo(backend.url, copy);
    const deadline = new Deadline(this.clock, () => sent.destroy());
    deadline.set(Math.min(requestTimeoutMs, MAX_COPY_MS));
    this.counts.copies++;
    sent.on('response', (response) => response.resume().on('error', ignore));
    // A copy may fail without consequences.
    sent.on('error', ignore);
    sent.once('close', () => {
      deadline.clear();
      this.end(placement);
    });
  }

  private sendTo(url: string, { method, target, headers, body }: RequestCopy): ClientRequest {
    const address = targetOf(url);
    const hasHost = headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
    const host = hasHost ? [] : ['Host', address.hostHeader];
    const options = {
      agent: this.agent,
      method,
      path: forwardedTarget(address.pathPrefix, target),
      headers: [...host, ...headers, ...MARK],
      setHost: false,
      mirrored: { url, address },
    };
    const sent = requestUpstream(options);
    sent.end(body);
    return sent;
  }

  /** Whatever became of a copy, its reservation is cancelled: it says nothing about its backend. */
  private end(placement: Placement): void {
    placement.cancel();
    this.inFlight--;
  }
}

/** Where a copy goes, in the options of its request. */
interface MirroredOptions {
  readonly mirrored: { readonly url: string; readonly address: UpstreamTarget };
}

/** Keeps connections to backends, apart from those of clients' requests. */
class MirrorAgent extends Agent {
  constructor(private readonly connector: UpstreamConnector) {
    super({ keepAlive: true, maxFreeSockets: MAX_IDLE });
  }

  override getName(options?: object): string {
    return (options as MirroredOptions).mirrored.url;
  }

  override createConnection(options: object): Socket {
    const { address } = (options as MirroredOptions).mirrored;
    return this.connector.open(address, { keepAlive: true, keepAliveInitialDelay: TCP_PROBE_AFTER_MS }, ignore);
  }
}

function ignore(): void {}
