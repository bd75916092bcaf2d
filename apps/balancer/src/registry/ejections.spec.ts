import { performance } from 'node:perf_hooks';
import { JOINING, observe, type BackendHealth, type HealthObservation } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { newBackend } from './backend.js';
import { Ejections } from './ejections.js';
import { EventLog } from './event-log.js';

function observed(...observations: HealthObservation[]): BackendHealth {
  const thresholds = { rise: 1, fall: 1 };
  return observations.reduce<BackendHealth>((health, each) => observe(health, each, thresholds).health, JOINING);
}

describe('Ejections', () => {
  const clock = { seconds: 1_000 };

  beforeEach(() => {
    for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
    vi.spyOn(performance, 'now').mockImplementation(() => clock.seconds * 1_000);
  });
  afterEach(() => void vi.restoreAllMocks());

  function aFleet(ejectedSlots: readonly number[] = []) {
    const events = new EventLog();
    const config = loadBalancerConfig({
      EJECTION_SECONDS: '30',
      EJECTION_MAX_SECONDS: '300',
      MAX_EJECTED_RATIO: '0.3',
    });
    const backends = ['a', 'b', 'c'].map((id, slot) => {
      const more = {
        pool: 'default',
        pingPath: undefined,
        leaseSeconds: undefined,
        labels: {},
        maxInFlight: undefined,
      };
      const spec = { id, url: `http://${id}:80`, capacity: Float64Array.of(1, 1), ...more };
      const backend = newBackend(spec, slot, clock.seconds);
      backend.health = observed('ping-ok', ...(ejectedSlots.includes(slot) ? (['outlier'] as const) : []));
      return backend;
    });
    return { events, ejections: new Ejections(events, new CurrentTraffic(config)), backends };
  }

  it('decides whether a backend may be ejected without recording anything', () => {
    const healthy = aFleet();
    expect(healthy.ejections.mayEject(healthy.backends[0], healthy.backends)).toBe(true);
    const depleted = aFleet([1]);
    expect(depleted.ejections.mayEject(depleted.backends[0], depleted.backends)).toBe(false);
    expect([...healthy.events.newest(), ...depleted.events.newest()]).toEqual([]);
  });

  it('records a skipped ejection at most once in 30 s for each backend', () => {
    const { events, ejections, backends } = aFleet();
    const skip = (slot: number) =>
      ejections.recordSkipped(backends[slot], '5 responses in a row were 5xx', { count: 5 });
    const recorded = () => events.newest().map(({ backend }) => backend);
    skip(0);
    skip(0);
    skip(1);
    expect(recorded()).toEqual(['a', 'b']);
    expect(events.newest()[0]).toMatchObject({
      kind: 'ejection-skipped',
      reason: '5 responses in a row were 5xx; not ejected, because too few backends would be left',
      evidence: { count: 5 },
    });
    clock.seconds += 30;
    skip(0);
    expect(recorded()).toEqual(['a', 'b', 'a']);
  });

  it('lasts longer each time in a row, and as long as the first after a long time without one', () => {
    const { ejections, backends } = aFleet();
    const [backend] = backends;
    const lastsSeconds = () => {
      ejections.start(backend);
      return backend.ejectedUntil - clock.seconds;
    };
    expect(lastsSeconds()).toBe(30);
    clock.seconds += 30;
    expect(lastsSeconds()).toBe(60);
    clock.seconds += 60 + 300;
    expect(lastsSeconds()).toBe(30);
  });
});
