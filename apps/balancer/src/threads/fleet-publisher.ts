// Publishes the fleet and the configuration of traffic to one thread of the data plane, and passes that thread's
// observations to the registry.
import type { TrafficConfig } from '@fairlead/traffic-config';
import { monotonicSeconds } from '../clock/monotonic.js';
import type { Backend } from '../registry/backend.js';
import type { SnapshotReader } from '../registry/snapshot/snapshot-acknowledgement.js';
import type { RegistryService } from '../registry/registry.service.js';
import type { CurrentTraffic } from '../traffic-config/current-traffic.js';
import type { FromThread, MemberMessage, ObservationMessage, ToThread } from './messages.js';

/** Numbers that identify backends in messages, since an object is copied on its way to another thread. */
const identities = new WeakMap<Backend, number>();
let lastIdentity = 0;

function identityOf(backend: Backend): number {
  const known = identities.get(backend);
  if (known !== undefined) return known;
  identities.set(backend, ++lastIdentity);
  return lastIdentity;
}

export class FleetPublisher {
  private readonly reader: SnapshotReader;
  /** The number of the last observation that was handled. */
  private lastHandled = 0;

  /**
   * Publishes from now on, starting with the present fleet.
   *
   * @param sent the configuration that the thread has started with.
   */
  constructor(
    private readonly registry: RegistryService,
    private readonly traffic: CurrentTraffic,
    private sent: TrafficConfig,
    private readonly post: (message: ToThread) => void,
  ) {
    this.reader = registry.acknowledgement.join();
    this.send();
  }

  /**
   * Sends the present fleet, and before it a configuration that the thread does not have yet: the registry publishes a
   * fleet with each one, and the thread acknowledges both.
   */
  send(): void {
    this.sendTraffic();
    const { acknowledgement, pools, hashKey, cookieKey } = this.registry;
    const now = monotonicSeconds();
    const members = Array.from(pools.all.slots, (_, position) => this.memberAt(position, now));
    this.post({
      kind: 'fleet',
      version: acknowledgement.version,
      lastHandled: this.lastHandled,
      hashKey,
      cookieKey,
      members: members.filter((member) => member !== undefined),
    });
  }

  /** Handles a message of the thread about the fleet; ignores any other. */
  handleMessage(message: FromThread): void {
    if (message.kind === 'snapshot-acknowledged') this.reader.acknowledge(message.version);
    else if (message.kind === 'observation') this.onObservation(message);
    else if (message.kind === 'probe-requested') {
      const backend = this.backendOf(message);
      if (backend) this.registry.requestProbe(backend);
    }
  }

  /** Whether the thread uses the newest fleet. */
  get isCurrent(): boolean {
    return this.reader.isCurrent();
  }

  /** Nothing waits for the thread while `isAwaited` is false; it is still sent what changes. */
  setAwaited(isAwaited: boolean): void {
    this.reader.setAwaited(isAwaited);
  }

  /** The thread has ended. */
  end(): void {
    this.reader.leave();
  }

  private sendTraffic(): void {
    const { config } = this.traffic;
    if (config === this.sent) return;
    this.sent = config;
    this.post({ kind: 'traffic', traffic: config });
  }

  private onObservation(message: ObservationMessage): void {
    const { acknowledgement } = this.registry;
    const { version } = acknowledgement;
    this.lastHandled = message.number;
    const backend = this.backendOf(message);
    if (backend) this.registry.observe(backend, message.observation);
    // The thread leaves the backend out until it receives a fleet that counts this observation.
    const isPublished = version !== acknowledgement.version;
    if (!isPublished && message.observation.what === 'exchange-failed') this.send();
  }

  private backendOf({ slot, identity }: { readonly slot: number; readonly identity: number }): Backend | undefined {
    const backend = this.registry.atSlot(slot);
    return backend && identityOf(backend) === identity ? backend : undefined;
  }

  private memberAt(position: number, now: number): MemberMessage | undefined {
    const { all } = this.registry.pools;
    const { slots, maxActive, keys, resourceCount } = all;
    const backend = this.registry.atSlot(slots[position]);
    if (!backend) return undefined;
    return {
      slot: backend.slot,
      identity: identityOf(backend),
      id: backend.id,
      url: backend.url,
      pool: backend.pool,
      capacity: Array.from(all.capacity.subarray(position * resourceCount, (position + 1) * resourceCount)),
      isDeclared: all.isDeclaredAt(position),
      maxActive: maxActive[position],
      key: keys[position],
      incarnation: backend.incarnation,
      ageSeconds: now - backend.startedAt,
    };
  }
}
