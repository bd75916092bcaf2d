import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { newBackend, stateOf, type BackendSpec } from './backend.js';
import { BackendLifecycle } from './backend-lifecycle.js';
import { EventLog } from './event-log.js';
import type { BackendObservation } from './snapshot/backend-observation.js';

const REST = { pool: 'default', pingPath: undefined, leaseSeconds: undefined, labels: {}, maxInFlight: undefined };
const SPEC: BackendSpec = { id: 'a', url: 'http://a:80', capacity: Float64Array.of(1, 1), ...REST };
const PAUSE = { purpose: 'pause', completedAt: undefined, withinSeconds: 300, disconnectsAt: Infinity } as const;
const LEAVE = { ...PAUSE, purpose: 'leave' } as const;

describe('BackendLifecycle', () => {
  beforeEach(() => {
    for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
  });
  afterEach(() => void vi.restoreAllMocks());

  function aBackend() {
    const events = new EventLog();
    const effects: string[] = [];
    const lifecycle = new BackendLifecycle(events, new CurrentTraffic(loadBalancerConfig({ PING_FALL: '1' })), {
      publish: () => effects.push('publish'),
      probe: ({ id }) => effects.push(`probe ${id}`),
      disconnect: ({ id }, scope) => effects.push(`disconnect ${scope} of ${id}`),
    });
    const backend = newBackend(SPEC, 0, 0);
    const observe = (...observed: BackendObservation['what'][]) => {
      for (const what of observed) lifecycle.observe(backend, { what, reason: what }, [backend]);
      return effects.splice(0);
    };
    const transitions = () => events.newest().map(({ from, to }) => `${from} → ${to}`);
    return { lifecycle, events, backend, observe, effects, transitions };
  }

  it('brings a backend into traffic with its first successful ping', () => {
    const { backend, observe, transitions } = aBackend();
    expect(observe('ping-ok')).toEqual(['publish']);
    expect(stateOf(backend)).toBe('up');
    expect(transitions()).toEqual(['joining → up']);
  });

  it('has a suspect probed, and what it serves retried elsewhere when the probe gets no response', () => {
    const { backend, observe } = aBackend();
    observe('ping-ok');
    expect(observe('exchange-failed')).toEqual(['publish', 'probe a']);
    expect(observe('ping-unanswered')).toEqual(['publish', 'probe a', 'disconnect retryable of a']);
    expect(stateOf(backend)).toBe('down');
  });

  it('watches the health of a draining backend without an event', () => {
    const { lifecycle, backend, observe, effects, transitions } = aBackend();
    observe('ping-ok');
    lifecycle.transition(backend, 'drain requested', () => (backend.draining = PAUSE));
    effects.length = 0;
    expect(observe('exchange-failed')).toEqual(['probe a']);
    expect(backend).toMatchObject({ reason: 'drain requested', health: { state: 'suspect' } });
    lifecycle.transition(backend, 'resumed', () => (backend.draining = undefined));
    expect(transitions()).toEqual(['joining → up', 'up → draining', 'draining → suspect']);
  });

  it('changes nothing but the spec of a backend that registers again while it is up', () => {
    const { lifecycle, events, backend, observe, effects, transitions } = aBackend();
    observe('ping-ok');
    lifecycle.update(backend, { ...SPEC, labels: { zone: 'x' } });
    expect(backend).toMatchObject({ labels: { zone: 'x' }, health: { state: 'up' } });
    expect(effects).toEqual(['publish']);
    expect(transitions()).toEqual(['joining → up', 'up → up']);
    expect(events.newest().at(-1)).toMatchObject({
      kind: 'changed',
      reason: 'registered again, with other values of labels',
    });
    lifecycle.update(backend, { ...SPEC, labels: { zone: 'x' } });
    expect(transitions()).toHaveLength(2);
  });

  it('probes a backend that registers at another address before it is up again', () => {
    const { lifecycle, backend, observe, effects, transitions } = aBackend();
    observe('ping-ok');
    lifecycle.update(backend, { ...SPEC, url: 'http://b:80' });
    expect(backend).toMatchObject({ reason: 'registered again at http://b:80', health: { state: 'joining' } });
    expect(effects).toEqual(['publish', 'probe a']);
    expect(transitions()).toEqual(['joining → up', 'up → joining']);
  });

  it('takes back a leaving backend that registers again, but not one that an operator paused', () => {
    const leaving = aBackend();
    leaving.backend.draining = LEAVE;
    leaving.lifecycle.update(leaving.backend, SPEC);
    expect(stateOf(leaving.backend)).toBe('joining');
    const paused = aBackend();
    paused.backend.draining = PAUSE;
    paused.lifecycle.update(paused.backend, SPEC);
    expect(stateOf(paused.backend)).toBe('draining');
  });

  it('starts slowly after it was down, and not after a suspicion that a ping cleared', () => {
    const { backend, observe } = aBackend();
    observe('ping-ok');
    const { incarnation } = backend;
    observe('exchange-failed', 'ping-ok');
    expect(backend.incarnation).toBe(incarnation);
    observe('exchange-failed', 'ping-unanswered', 'ping-ok', 'ping-ok');
    expect(stateOf(backend)).toBe('up');
    expect(backend.incarnation).toBe(incarnation + 1);
  });

  it('leaves the last backend in traffic, and ends an ejection when its time is over', () => {
    const { lifecycle, backend, observe, events } = aBackend();
    observe('ping-ok');
    observe('outlier');
    expect(stateOf(backend)).toBe('up');
    expect(events.newest().at(-1)).toMatchObject({ kind: 'ejection-skipped' });
    const other = newBackend({ ...SPEC, id: 'b' }, 1, 0);
    lifecycle.observe(other, { what: 'ping-ok', reason: 'ping-ok' }, [backend, other]);
    lifecycle.observe(backend, { what: 'outlier', reason: 'outlier' }, [backend, other]);
    expect(stateOf(backend)).toBe('ejected');
    lifecycle.endEjections([backend, other]);
    expect(stateOf(backend)).toBe('ejected');
    backend.ejectedUntil = -Infinity;
    lifecycle.endEjections([backend, other]);
    expect(stateOf(backend)).toBe('up');
    expect(events.newest().at(-1)).toMatchObject({ from: 'ejected', to: 'up', reason: 'ejection 1 is over' });
  });
});
