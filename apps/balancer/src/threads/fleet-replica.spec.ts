import { describe, expect, it } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import type { DisconnectScope } from '../registry/snapshot/backend-observation.js';
import { FleetReplica } from './fleet-replica.js';
import type { FromThread, MemberMessage } from './messages.js';

const FAILED = { what: 'exchange-failed', reason: 'exchange failed: connection refused' } as const;

function aReplica() {
  const said: FromThread[] = [];
  const replica = new FleetReplica({ post: (message) => void said.push(message) }, loadBalancerConfig({}));
  let version = 0;
  const tell = (members: readonly MemberMessage[], lastHandled = 0) =>
    replica.handleMessage({ kind: 'fleet', version: ++version, lastHandled, members });
  const at = (slot: number) => {
    const backend = replica.atSlot(slot);
    if (!backend) throw new Error(`nobody is at ${slot}`);
    return backend;
  };
  return { replica, said, tell, at, slots: () => Array.from(replica.snapshot.slots) };
}

function member(slot: number, more: Partial<MemberMessage> = {}): MemberMessage {
  const names = { id: `b${slot}`, url: `http://127.0.0.1:${slot}`, identity: slot, key: slot };
  return { slot, ...names, capacity: [10, 20], maxActive: 5, incarnation: 0, ageSeconds: 3, ...more };
}

describe('the replica of the fleet', () => {
  it('is what it was told last, and says that it has taken it', () => {
    const { replica, said, tell, at, slots } = aReplica();
    expect(slots()).toEqual([]);
    tell([member(1), member(2)]);
    tell([member(2), member(4)]);
    expect(slots()).toEqual([2, 4]);
    expect([...replica.snapshot.maxActive]).toEqual([5, 5]);
    expect([...replica.snapshot.capacity]).toEqual([10, 20, 10, 20]);
    expect(replica.atSlot(1)).toBeUndefined();
    expect(at(4)).toMatchObject({ id: 'b4', url: 'http://127.0.0.1:4', incarnation: 0 });
    expect(said).toEqual([1, 2].map((version) => ({ kind: 'snapshot-acknowledged', version })));
  });

  it('counts the age of a backend on its own clock', () => {
    const { replica, tell, at } = aReplica();
    tell([member(1, { ageSeconds: 5 })]);
    expect(replica.slowStart(at(1), performance.now() / 1000)).toBeCloseTo(0.55, 1);
  });

  it('keeps the object of a registration, and makes another for another one', () => {
    const { tell, at } = aReplica();
    tell([member(1)]);
    const before = at(1);
    tell([member(1, { incarnation: 1 })]);
    expect(at(1)).toBe(before);
    expect(before.incarnation).toBe(1);
    tell([member(1, { identity: 9 })]);
    expect(at(1)).not.toBe(before);
  });

  it('leaves out a backend on which an exchange failed until the registry has lastHandled of it', () => {
    const { replica, said, tell, at, slots } = aReplica();
    tell([member(1), member(2)]);
    replica.observe(at(1), FAILED);
    expect(slots()).toEqual([2]);
    expect(said.at(-1)).toEqual({ kind: 'observation', number: 1, slot: 1, identity: 1, observation: FAILED });
    // On its way already when that was said.
    tell([member(1), member(2), member(3)]);
    expect(slots()).toEqual([2, 3]);
    // The registry knows, and has it serve all the same: too few would be left.
    tell([member(1), member(2), member(3)], 1);
    expect(slots()).toEqual([1, 2, 3]);
  });

  it('leaves nobody out when nobody would be left', () => {
    const { replica, tell, at, slots } = aReplica();
    tell([member(1), member(2)]);
    replica.observe(at(1), FAILED);
    replica.observe(at(2), FAILED);
    expect(slots()).toEqual([1, 2]);
  });

  it('leaves nobody out for what an earlier incarnation did, or for bad answers', () => {
    const { replica, tell, at, slots } = aReplica();
    tell([member(1, { incarnation: 2 }), member(2)]);
    replica.observe(at(1), { ...FAILED, incarnation: 1 });
    replica.observe(at(1), { what: 'outlier', reason: '5 answers in a row were 5xx', incarnation: 2 });
    expect(slots()).toEqual([1, 2]);
  });

  it('tells what was seen of a backend that is gone by its old identity, and leaves out nobody for it', () => {
    const { replica, said, tell, at, slots } = aReplica();
    tell([member(1), member(2)]);
    const old = at(1);
    tell([member(1, { identity: 9 }), member(2)]);
    replica.observe(old, FAILED);
    replica.requestProbe(old);
    expect(said.slice(-2)).toMatchObject([
      { kind: 'observation', identity: 1 },
      { kind: 'probe-requested', slot: 1, identity: 1 },
    ]);
    expect(slots()).toEqual([1, 2]);
  });

  it('passes on what is cut and which slots are free', () => {
    const { replica } = aReplica();
    const lastHandled: (number | DisconnectScope)[] = [];
    replica.listen({
      disconnect: (slot, what) => lastHandled.push(slot, what),
      slotFreed: (slot) => lastHandled.push(slot),
    });
    replica.handleMessage({ kind: 'disconnect', slot: 3, what: 'retryable' });
    replica.handleMessage({ kind: 'slot-freed', slot: 3 });
    expect(lastHandled).toEqual([3, 'retryable', 3]);
  });
});
