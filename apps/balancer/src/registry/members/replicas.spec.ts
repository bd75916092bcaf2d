// What another balancer has stored, as it is applied here.
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aRegistry } from '../registry.fixture.js';
import { stateOf } from '../backend.js';
import type { StoredRecord } from '../store/registry-store.js';
import { aRecord } from '../store/store.fixture.js';

let warnings: string[];

beforeEach(() => {
  warnings = [];
  vi.spyOn(Logger.prototype, 'log').mockImplementation(() => {});
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => void warnings.push(String(message)));
});
afterEach(() => void vi.restoreAllMocks());

type More = Parameters<typeof aRecord>[1];

function stored(id: string, version: number, more: More = {}, change: Partial<StoredRecord> = {}): StoredRecord {
  return { ...aRecord(id, more, change), version };
}

function paused(id: string, version: number, drainSeconds?: number): StoredRecord {
  const record = stored(id, version);
  return { ...record, backend: { ...record.backend, isPaused: true, drainSeconds } };
}

describe('Replicas', () => {
  const facts = ({ registry }: ReturnType<typeof aRegistry>) =>
    registry.list().map((backend) => `${backend.id} ${backend.url} ${stateOf(backend)}`);

  it('adds and updates a member, and leaves out what a later version has overtaken', () => {
    const fleet = aRegistry();
    const { replicas } = fleet.registry;
    replicas.apply(stored('a', 5, { url: 'http://h:5' }));
    replicas.apply(stored('a', 4, { url: 'http://h:4' }));
    expect(facts(fleet)).toEqual(['a http://h:5 joining']);
    replicas.apply(stored('a', 6, { url: 'http://h:6' }));
    replicas.drop('a', 5, 'left');
    expect(facts(fleet)).toEqual(['a http://h:6 joining']);
    replicas.drop('a', 7, 'left');
    expect(facts(fleet)).toEqual([]);
  });

  it('does not know until when the lease lasts that another balancer renews', () => {
    const { registry } = aRegistry();
    registry.replicas.apply(stored('a', 5, { leaseSeconds: 30 }));
    expect(registry.get('a').leaseEndsAt).toBe(Infinity);
  });

  it('drains, changes the deadline of a drain, and takes the backend back', () => {
    const fleet = aRegistry();
    const { registry } = fleet;
    registry.replicas.apply(paused('a', 5, 100));
    expect(registry.get('a').draining).toMatchObject({ purpose: 'pause', withinSeconds: 100 });
    registry.replicas.apply(paused('a', 6, 1));
    expect(registry.get('a').draining).toMatchObject({ purpose: 'pause', withinSeconds: 1 });
    registry.replicas.apply(stored('a', 7, {}, { isLeaving: true }));
    expect(registry.get('a').draining?.purpose).toBe('leave');
    registry.replicas.apply(stored('a', 8));
    expect(registry.get('a').draining).toBeUndefined();
  });

  it('drains for DRAIN_TIMEOUT_SECONDS where the record does not say how long', () => {
    const { registry } = aRegistry({ DRAIN_TIMEOUT_SECONDS: '7' });
    registry.replicas.apply(paused('a', 5));
    expect(registry.get('a').draining?.withinSeconds).toBe(7);
  });

  it.each([
    ['first', [5, 6]],
    ['last', [6, 5]],
  ])('of two ids at one address the later one holds, also when it is applied %s', (_, versions) => {
    const fleet = aRegistry();
    const names = new Map([
      [5, 'earlier'],
      [6, 'later'],
    ]);
    for (const version of versions) {
      fleet.registry.replicas.apply(stored(names.get(version)!, version, { url: 'http://h:1' }));
    }
    expect(facts(fleet)).toEqual(['later http://h:1 joining']);
  });

  it.each([
    ['id', { url: 'http://other' }],
    ['address', { id: 'other' }],
  ])('leaves a backend of the configuration file as it is, with the same %s', (_, more) => {
    const fleet = aRegistry();
    fleet.registry.admit({ ...aRecord('static').backend, source: 'static' });
    const { id = 'static', ...rest } = more as { id?: string; url?: string };
    fleet.registry.replicas.apply(stored(id, 5, { url: 'http://static', ...rest }));
    fleet.registry.replicas.drop(id, 6, 'left');
    expect(facts(fleet)).toEqual(['static http://static joining']);
  });

  it('adds a backend for which there was no room when there is, and says so once', async () => {
    const fleet = aRegistry({ MAX_BACKENDS: '1' });
    const { registry } = fleet;
    registry.replicas.apply(stored('a', 5));
    registry.replicas.apply(stored('b', 6));
    registry.sweep();
    expect(warnings).toEqual(['backend b of balancer-1 is not served here: the fleet is full: MAX_BACKENDS is 1']);
    registry.replicas.drop('a', 7, 'left');
    registry.sweep();
    expect(facts(fleet)).toEqual(['b http://b joining']);
  });
});
