// The fleet in a thread of the data plane: the last one that the main thread sent, without the backends on which an
// exchange has failed since.
import { slowStartRatio, type HashKey } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import type { Fleet, FleetBackend, FleetListener } from '../registry/snapshot/fleet.js';
import { monotonicSeconds } from '../clock/monotonic.js';
import type { BackendObservation } from '../registry/snapshot/backend-observation.js';
import { PoolSnapshots } from '../registry/snapshot/pool-snapshots.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { MainThread, type FleetMessage, type MemberMessage, type ToThread } from './messages.js';

/** A backend in this thread. */
type ReplicaBackend = { -readonly [Key in keyof FleetBackend]: FleetBackend[Key] } & { identity: number };

@Injectable()
export class FleetReplica implements Fleet {
  /** That of the main thread, once it has sent a fleet. */
  hashKey: HashKey = [0, 0];
  /** The same. */
  cookieKey = '';
  private current: PoolSnapshots;
  private members: readonly MemberMessage[] = [];
  private bySlot: ReadonlyMap<number, ReplicaBackend> = new Map();
  private readonly identities = new WeakMap<FleetBackend, number>();
  /** Slots left out until the registry has handled the observation with this number. */
  private readonly leftOut = new Map<number, number>();
  private readonly listeners: FleetListener[] = [];
  private observations = 0;

  constructor(
    private readonly main: MainThread,
    private readonly traffic: CurrentTraffic,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.current = new PoolSnapshots(config.RESOURCES.size, []);
  }

  get pools(): PoolSnapshots {
    if (this.main.hasStoppedWaiting) this.catchUp();
    return this.current;
  }

  catchUp(): void {
    this.main.catchUp();
  }

  atSlot(slot: number): FleetBackend | undefined {
    return this.bySlot.get(slot);
  }

  slowStart({ pool, startedAt }: FleetBackend, now: number): number {
    return slowStartRatio(now - startedAt, this.traffic.settingsOf(pool).slowStartSeconds);
  }

  observe(seen: FleetBackend, observation: BackendObservation): void {
    const identity = this.identities.get(seen);
    if (identity === undefined) return;
    const { slot } = seen;
    const number = ++this.observations;
    this.main.post({ kind: 'observation', number, slot, identity, observation });
    const isCurrent =
      this.bySlot.get(slot) === seen && (observation.incarnation ?? seen.incarnation) === seen.incarnation;
    if (observation.what === 'exchange-failed' && isCurrent) this.leaveOut(slot, number);
  }

  requestProbe(seen: FleetBackend): void {
    const identity = this.identities.get(seen);
    if (identity !== undefined) this.main.post({ kind: 'probe-requested', slot: seen.slot, identity });
  }

  listen(listener: FleetListener): void {
    this.listeners.push(listener);
  }

  /** Handles a message of the main thread about the fleet; ignores any other. */
  handleMessage(message: ToThread): void {
    if (message.kind === 'fleet') this.apply(message);
    else if (message.kind === 'slot-freed') for (const { slotFreed } of this.listeners) slotFreed?.(message.slot);
    else if (message.kind === 'disconnect')
      for (const { disconnect } of this.listeners) disconnect?.(message.slot, message.scope);
  }

  private apply({ version, lastHandled, hashKey, cookieKey, members }: FleetMessage): void {
    this.hashKey = hashKey;
    this.cookieKey = cookieKey;
    const now = monotonicSeconds();
    const before = this.bySlot;
    this.bySlot = new Map(members.map((member) => [member.slot, this.backendOf(member, before.get(member.slot), now)]));
    this.members = members;
    this.reportLeft(before.values());
    for (const [slot, number] of this.leftOut) if (number <= lastHandled) this.leftOut.delete(slot);
    this.replaceSnapshot();
    this.main.post({ kind: 'snapshot-acknowledged', version });
  }

  private reportLeft(before: Iterable<ReplicaBackend>): void {
    for (const backend of before) {
      if (this.bySlot.get(backend.slot) === backend) continue;
      for (const { left } of this.listeners) left?.(backend.url);
    }
  }

  /** Updates the object of the same registration, so that its holders see the changes; otherwise makes a new one. */
  private backendOf(member: MemberMessage, before: ReplicaBackend | undefined, now: number): ReplicaBackend {
    const { slot, identity, id, url, pool, incarnation, ageSeconds } = member;
    const values = { slot, identity, id, url, pool, incarnation, startedAt: now - ageSeconds };
    if (before?.identity === identity) return Object.assign(before, values);
    this.identities.set(values, identity);
    return values;
  }

  /** Leaves a backend out at once; the registry handles the observation a moment later. */
  private leaveOut(slot: number, number: number): void {
    this.leftOut.set(slot, number);
    this.replaceSnapshot();
  }

  private replaceSnapshot(): void {
    const byPool = Map.groupBy(this.members, ({ pool }) => pool);
    const serving = Array.from(byPool.values()).flatMap((members) => {
      const remaining = members.filter(({ slot }) => !this.leftOut.has(slot));
      // With none left, a backend that may have failed is better than none.
      return remaining.length > 0 ? remaining : members;
    });
    this.current = new PoolSnapshots(this.config.RESOURCES.size, serving);
  }
}
