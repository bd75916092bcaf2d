import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EventLog } from '../registry/event-log.js';
import { aRegistry } from '../registry/registry.fixture.js';
import { Refusals } from './refusals.js';

let logged: unknown[][];

beforeEach(() => {
  vi.useFakeTimers();
  logged = [];
  vi.spyOn(Logger.prototype, 'log').mockImplementation(() => {});
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((...line: unknown[]) => void logged.push(line));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const WRONG = { action: 'drain', backend: 'disk-1', reason: 'wrong token', status: 401 };

function someRefusals() {
  const events = new EventLog();
  const refusals = new Refusals(events);
  const times = () => events.newest().map(({ caller, evidence }) => [caller, evidence.times]);
  return { events, refusals, times };
}

it('records the first refusal at once: who asked for what, and why not', () => {
  const { events, refusals } = someRefusals();
  refusals.record({ ...WRONG, caller: '10.0.0.9' });
  expect(events.newest()).toEqual([
    {
      sequence: 1,
      at: expect.any(String),
      kind: 'refused',
      backend: 'disk-1',
      from: null,
      to: null,
      reason: 'wrong token',
      caller: '10.0.0.9',
      action: 'drain',
      evidence: { status: 401, times: 1 },
    },
  ]);
  expect(logged).toEqual([
    [
      { caller: '10.0.0.9', action: 'drain', backend: 'disk-1', outcome: 401, status: 401, times: 1 },
      'drain refused with 401 (wrong token) by 10.0.0.9',
    ],
  ]);
});

it('shows the last of the repeats', () => {
  const { events, refusals } = someRefusals();
  for (const reason of ['a', 'b', 'c']) refusals.record({ ...WRONG, caller: '10.0.0.9', reason });
  vi.advanceTimersByTime(60_000);
  expect(events.newest().map(({ reason, evidence }) => [reason, evidence.times])).toEqual([
    ['a', 1],
    ['c', 2],
  ]);
});

it('counts repeats of an address together, and records them a minute later', () => {
  const { refusals, times } = someRefusals();
  for (let n = 0; n < 1000; n++) refusals.record({ ...WRONG, caller: '10.0.0.9' });
  expect(times()).toEqual([['10.0.0.9', 1]]);
  vi.advanceTimersByTime(60_000);
  expect(times()).toEqual([
    ['10.0.0.9', 1],
    ['10.0.0.9', 999],
  ]);
  refusals.record({ ...WRONG, caller: '10.0.0.9' });
  vi.advanceTimersByTime(60_000);
  expect(times()).toHaveLength(3);
});

it('tells addresses, actions and statuses apart, and the addresses of an IPv6 /64 not', () => {
  const { events, refusals } = someRefusals();
  refusals.record({ ...WRONG, caller: '10.0.0.9' });
  refusals.record({ ...WRONG, caller: '10.0.0.10' });
  refusals.record({ ...WRONG, caller: '10.0.0.9', action: 'resume' });
  refusals.record({ ...WRONG, caller: '10.0.0.9', status: 429 });
  expect(events.newest()).toHaveLength(4);
  for (let n = 1; n < 100; n++) refusals.record({ ...WRONG, caller: `2001:db8::${n}` });
  expect(events.newest()).toHaveLength(5);
});

it('records a flood of many addresses in few events and few lines, and counts all of it', () => {
  const { refusals, times } = someRefusals();
  for (let n = 0; n < 5000; n++) refusals.record({ ...WRONG, caller: `10.0.${n % 250}.1` });
  vi.advanceTimersByTime(60_000);
  expect(times()).toHaveLength(41);
  expect(logged).toHaveLength(41);
  expect(times().reduce((sum, [, count]) => sum + Number(count), 0)).toBe(5000);
  expect(times().at(-1)).toEqual(['several addresses', 4600]);
});

it('leaves the other events in the log', () => {
  const { events, join } = aRegistry();
  const refusals = new Refusals(events);
  join('a');
  for (let minute = 0; minute < 10; minute++) {
    for (let n = 0; n < 1000; n++) refusals.record({ ...WRONG, caller: `10.0.${n % 250}.1` });
    vi.advanceTimersByTime(60_000);
  }
  expect(events.newest().filter(({ backend }) => backend === 'a')).toHaveLength(2);
  expect(events.newest().length).toBeLessThan(100);
});

it('records what it has counted when the balancer ends', () => {
  const { refusals, times } = someRefusals();
  for (let n = 0; n < 3; n++) refusals.record({ ...WRONG, caller: '10.0.0.9' });
  refusals.onModuleDestroy();
  expect(times()).toEqual([
    ['10.0.0.9', 1],
    ['10.0.0.9', 2],
  ]);
  expect(vi.getTimerCount()).toBe(0);
});
