import { describe, expect, it } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { Admission } from './admission.js';
import { newBackend, type BackendSpec } from './backend.js';
import { InvalidRegistrationError } from './registration-normalizer.js';
import { QuotaExceededError } from './registry.errors.js';
import { OPERATOR } from './registry.fixture.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';

const REST = { pool: 'default', pingPath: undefined, leaseSeconds: undefined, labels: {}, maxInFlight: undefined };

function aSpec(id: string, more: Partial<BackendSpec> = {}): BackendSpec {
  const capacity = Float64Array.of(20, 36);
  return { id, url: `http://${id}:80`, capacity, ...REST, registeredFrom: '10.0.0.1', ...more };
}

/** Checks a registration against a fleet of backends as they registered. */
function check(spec: BackendSpec, fleet: readonly BackendSpec[], environment: Record<string, string> = {}): void {
  const config = loadBalancerConfig(environment);
  const admission = new Admission(new CurrentTraffic(config), config);
  admission.check(
    spec,
    fleet.map((each, slot) => newBackend(each, slot, 0)),
    OPERATOR,
  );
}

const capacity = (compute: number, storage: number) => ({ capacity: Float64Array.of(compute, storage) });

describe('the quota of backends', () => {
  const quota = { MAX_BACKENDS_PER_ADDRESS: '2' };
  const fleet = [aSpec('a'), aSpec('b')];

  it('refuses one more from the same address, and none from another', () => {
    expect(() => check(aSpec('c'), fleet, quota)).toThrow(
      new QuotaExceededError('2 backends are registered from 10.0.0.1: MAX_BACKENDS_PER_ADDRESS is 2'),
    );
    expect(() => check(aSpec('c', { registeredFrom: '::ffff:10.0.0.1' }), fleet, quota)).toThrow(QuotaExceededError);
    check(aSpec('c', { registeredFrom: '10.0.0.2' }), fleet, quota);
    check(aSpec('c'), fleet, { MAX_BACKENDS_PER_ADDRESS: '0' });
  });

  it('counts the addresses of an IPv6 /64 as one', () => {
    const inside = [aSpec('a', { registeredFrom: '2001:db8::1' }), aSpec('b', { registeredFrom: '2001:db8::2' })];
    expect(() => check(aSpec('c', { registeredFrom: '2001:db8::ffff:3' }), inside, quota)).toThrow(QuotaExceededError);
    check(aSpec('c', { registeredFrom: '2001:db8:0:1::1' }), inside, quota);
  });

  it('does not apply to a backend that registers again from there, by its id or at its address', () => {
    check(aSpec('a'), fleet, quota);
    check(aSpec('renamed', { url: 'http://a:80' }), fleet, quota);
    check(aSpec('a'), fleet, { MAX_BACKENDS_PER_ADDRESS: '1' });
  });

  it('applies to a backend of another address', () => {
    const taken = [...fleet, aSpec('far', { registeredFrom: '10.0.0.2' })];
    expect(() => check(aSpec('far'), taken, quota)).toThrow(QuotaExceededError);
  });

  it('does not count backends of a file that an earlier version has written', () => {
    const old = [aSpec('a', { registeredFrom: undefined }), aSpec('b', { registeredFrom: undefined })];
    check(aSpec('c'), old, quota);
  });
});

describe('the quota of labels', () => {
  const quota = { MAX_LABEL_BYTES_PER_ADDRESS: '10' };
  const fleet = [aSpec('a', { labels: { zone: 'ab' } })];

  it('refuses what goes beyond it, counted in bytes', () => {
    check(aSpec('b', { labels: { z: 'abc' } }), fleet, quota);
    expect(() => check(aSpec('b', { labels: { z: 'abcd' } }), fleet, quota)).toThrow(
      'the labels of the backends registered from 10.0.0.1 would have 11 bytes: MAX_LABEL_BYTES_PER_ADDRESS is 10',
    );
    expect(() => check(aSpec('b', { labels: { z: 'äö' } }), fleet, quota)).toThrow(/would have 11 bytes/);
    check(aSpec('b', { labels: { z: 'abcd' }, registeredFrom: '10.0.0.2' }), fleet, quota);
  });

  it('does not refuse labels that a backend has already', () => {
    check(aSpec('a', { labels: { zone: 'xy' } }), fleet, { MAX_LABEL_BYTES_PER_ADDRESS: '1' });
    expect(() => check(aSpec('a', { labels: { zone: 'xyz' } }), fleet, { MAX_LABEL_BYTES_PER_ADDRESS: '1' })).toThrow(
      QuotaExceededError,
    );
  });
});

describe('the ratio of capacities', () => {
  const fleet = [aSpec('a', capacity(10, 0)), aSpec('b', capacity(20, 5)), aSpec('c', capacity(90, 7))];

  it('refuses more than MAX_CAPACITY_RATIO times the median of the others, in each resource', () => {
    check(aSpec('d', capacity(20_000, 5_000)), fleet);
    expect(() => check(aSpec('d', capacity(20_001, 1)), fleet)).toThrow(
      new InvalidRegistrationError(
        'resources.compute must be at most 20000, MAX_CAPACITY_RATIO (1000) times the median of the other backends (20), got 20001',
      ),
    );
    expect(() => check(aSpec('d', capacity(1, 5_001)), fleet)).toThrow(/^resources\.storage must be at most 5000, /);
    expect(() => check(aSpec('d', capacity(41, 1)), fleet, { MAX_CAPACITY_RATIO: '2' })).toThrow(/at most 40,/);
  });

  it('refuses nothing where there is nothing to compare with', () => {
    check(aSpec('d', capacity(1e9, 1e9)), []);
    check(aSpec('a', capacity(1e9, 1e9)), [aSpec('a')]);
    check(aSpec('d', capacity(1, 1e9)), [aSpec('a', capacity(1, 0))]);
  });

  it('does not compare with backends that declared nothing, and never refuses one', () => {
    const undeclared = [1, 2, 3, 4].map((n) => aSpec(`u${n}`, { capacity: undefined }));
    check(aSpec('u1', { capacity: undefined }), [...undeclared, ...fleet]);
    check(aSpec('d', capacity(1e9, 1e9)), undeclared);
    const refused = () => check(aSpec('u1', capacity(20_001, 1)), [...undeclared, ...fleet]);
    expect(refused).toThrow(/^resources\.compute must be at most 20000, /);
  });

  it('does not refuse a capacity that a backend has already', () => {
    const liar = aSpec('liar', capacity(1e9, 1e9));
    check(liar, [liar, ...fleet]);
    check(aSpec('liar', capacity(1e8, 1e9)), [liar, ...fleet]);
  });
});
