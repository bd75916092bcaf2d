import { describe, expect, it } from 'vitest';
import { monotonicSeconds, sharedSecondsFromSeconds } from '../clock/monotonic.js';
import { loadBalancerConfig } from '../config/balancer.config.js';
import type { DisconnectScope } from '../registry/snapshot/backend-observation.js';
import { ClusterFacts } from '../registry/snapshot/cluster-facts.js';
import { FleetValidity } from '../registry/snapshot/fleet-validity.js';
import { FleetReplica } from './fleet-replica.js';
import { RecordingMainThread } from './main-thread.fixture.js';
import type { MemberMessage } from './messages.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';

const FAILED = { what: 'exchange-failed', reason: 'exchange failed: connection refused' } as const;

function aReplica() {
  const late: MemberMessage[][] = [];
  const main = new RecordingMainThread([], () => late.splice(0).forEach((members) => receive(members)));
  const { sent } = main;
  const config = loadBalancerConfig({});
  const replica = new FleetReplica(main, new CurrentTraffic(config), config);
  let version = 0;
  const receive = (members: readonly MemberMessage[], lastHandled = 0) =>
    replica.handleMessage({ kind: 'fleet', version: ++version, lastHandled, hashKey: [1, 2], cookieKey: 'c', members });
  const at = (slot: number) => {
    const backend = replica.atSlot(slot);
    if (!backend) throw new Error(`no backend is at slot ${slot}`);
    return backend;
  };
  return { main, late, replica, sent, receive, at, slots: () => Array.from(replica.pools.all.slots) };
}

function member(slot: number, more: Partial<MemberMessage> = {}): MemberMessage {
  const names = { id: `b${slot}`, url: `http://127.0.0.1:${slot}`, pool: 'default', identity: slot, key: slot };
  return { slot, ...names, capacity: [10, 20], isDeclared: true, maxActive: 5, incarnation: 0, ageSeconds: 3, ...more };
}

describe('FleetReplica', () => {
  it('is the newest fleet sent once the main thread has stopped waiting', () => {
    const { main, late, receive, slots } = aReplica();
    receive([member(1)]);
    late.push([member(2)]);
    expect(slots()).toEqual([1]);
    main.hasStoppedWaiting = true;
    expect(slots()).toEqual([2]);
    late.push([member(3)]);
    expect(slots()).toEqual([3]);
  });

  it('says which backends have left, also where another one has their place', () => {
    const { replica, receive } = aReplica();
    const left: string[] = [];
    replica.listen({ left: (url) => left.push(url) });
    receive([member(1), member(2), member(3)]);
    receive([member(1, { maxActive: 7 }), member(2, { identity: 9 })]);
    expect(left).toEqual(['http://127.0.0.1:2', 'http://127.0.0.1:3']);
  });

  it('is not used by a thread that wakes with a fleet on its port before it has applied that fleet', () => {
    const { late, replica, receive, slots } = aReplica();
    const facts = new ClusterFacts();
    const validity = new FleetValidity(facts, replica);
    const now = monotonicSeconds();
    receive([member(1), member(2)]);
    facts.validUntilSeconds = sharedSecondsFromSeconds(now) - 1;
    expect([validity.isValidAt(now), slots()]).toEqual([false, [1, 2]]);
    // The main thread has run first: it has sent the fleet, and stopped waiting for the acknowledgement.
    late.push([member(2)]);
    facts.validUntilSeconds = sharedSecondsFromSeconds(now) + 2;
    expect([validity.isValidAt(now), slots()]).toEqual([true, [2]]);
  });

  it('is the last fleet received, and acknowledges it', () => {
    const { replica, sent, receive, at, slots } = aReplica();
    expect(slots()).toEqual([]);
    receive([member(1), member(2)]);
    receive([member(2), member(4)]);
    expect(slots()).toEqual([2, 4]);
    expect([...replica.pools.all.maxActive]).toEqual([5, 5]);
    expect([...replica.pools.all.capacity]).toEqual([10, 20, 10, 20]);
    expect(replica.atSlot(1)).toBeUndefined();
    expect(at(4)).toMatchObject({ id: 'b4', url: 'http://127.0.0.1:4', incarnation: 0 });
    expect(sent).toEqual([1, 2].map((version) => ({ kind: 'snapshot-acknowledged', version })));
  });

  it('computes the age of a backend on its own clock', () => {
    const { replica, receive, at } = aReplica();
    receive([member(1, { ageSeconds: 5 })]);
    expect(replica.slowStart(at(1), performance.now() / 1000)).toBeCloseTo(0.55, 1);
  });

  it('keeps the object of a registration, and makes a new one for another registration', () => {
    const { receive, at } = aReplica();
    receive([member(1)]);
    const before = at(1);
    receive([member(1, { incarnation: 1 })]);
    expect(at(1)).toBe(before);
    expect(before.incarnation).toBe(1);
    receive([member(1, { identity: 9 })]);
    expect(at(1)).not.toBe(before);
  });

  it('leaves out a backend on which an exchange failed until the registry has handled the observation', () => {
    const { replica, sent, receive, at, slots } = aReplica();
    receive([member(1), member(2)]);
    replica.observe(at(1), FAILED);
    expect(slots()).toEqual([2]);
    expect(sent.at(-1)).toEqual({ kind: 'observation', number: 1, slot: 1, identity: 1, observation: FAILED });
    // Sent before the registry received the observation.
    receive([member(1), member(2), member(3)]);
    expect(slots()).toEqual([2, 3]);
    // The registry has handled it, and lets the backend serve because too few would be left.
    receive([member(1), member(2), member(3)], 1);
    expect(slots()).toEqual([1, 2, 3]);
  });

  it('has the members of each pool, and leaves one out only while its pool has another', () => {
    const { replica, receive, at } = aReplica();
    const slotsOf = (pool: string) => Array.from(replica.pools.of(pool).slots);
    receive([member(1), member(2, { pool: 'reports' }), member(3)]);
    expect([slotsOf('default'), slotsOf('reports'), slotsOf('unknown')]).toEqual([[1, 3], [2], []]);
    replica.observe(at(1), FAILED);
    replica.observe(at(2), FAILED);
    expect([slotsOf('default'), slotsOf('reports')]).toEqual([[3], [2]]);
  });

  it('leaves no backend out when none would be left', () => {
    const { replica, receive, at, slots } = aReplica();
    receive([member(1), member(2)]);
    replica.observe(at(1), FAILED);
    replica.observe(at(2), FAILED);
    expect(slots()).toEqual([1, 2]);
  });

  it('leaves no backend out for an earlier incarnation, nor for an outlier', () => {
    const { replica, receive, at, slots } = aReplica();
    receive([member(1, { incarnation: 2 }), member(2)]);
    replica.observe(at(1), { ...FAILED, incarnation: 1 });
    replica.observe(at(1), { what: 'outlier', reason: '5 responses in a row were 5xx', incarnation: 2 });
    expect(slots()).toEqual([1, 2]);
  });

  it('reports observations of a removed backend with its old identity, and leaves no other out', () => {
    const { replica, sent, receive, at, slots } = aReplica();
    receive([member(1), member(2)]);
    const old = at(1);
    receive([member(1, { identity: 9 }), member(2)]);
    replica.observe(old, FAILED);
    replica.requestProbe(old);
    expect(sent.slice(-2)).toMatchObject([
      { kind: 'observation', identity: 1 },
      { kind: 'probe-requested', slot: 1, identity: 1 },
    ]);
    expect(slots()).toEqual([1, 2]);
  });

  it('passes on disconnects and freed slots', () => {
    const { replica } = aReplica();
    const received: (number | DisconnectScope)[] = [];
    replica.listen({
      disconnect: (slot, scope) => received.push(slot, scope),
      slotFreed: (slot) => received.push(slot),
    });
    replica.handleMessage({ kind: 'disconnect', slot: 3, scope: 'retryable' });
    replica.handleMessage({ kind: 'slot-freed', slot: 3 });
    expect(received).toEqual([3, 'retryable', 3]);
  });
});
