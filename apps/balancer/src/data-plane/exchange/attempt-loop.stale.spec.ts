// What happens to requests while the registry does not confirm which backends are in the fleet.
import { performance } from 'node:perf_hooks';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { monotonicSeconds, sharedSecondsFromSeconds } from '../../clock/monotonic.js';
import { aDataPlane } from './attempt-loop.fixture.js';

const RESET = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
const STALE = '503: the registry has not confirmed recently which backends are in the fleet';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTime(ms);

/** Backends `a` and `b`, of a fleet that the registry has confirmed for two seconds. */
function aConfirmedPlane(environment: Record<string, string> = {}) {
  const plane = aDataPlane({ QUEUE_TIMEOUT_SECONDS: '5', ...environment });
  const confirm = (seconds = 2) =>
    (plane.facts.validUntilSeconds = sharedSecondsFromSeconds(monotonicSeconds()) + seconds);
  confirm();
  for (const id of ['a', 'b']) plane.join(id);
  return { ...plane, confirm };
}

describe('a request', () => {
  it('waits while the last confirmation is too old, and is placed on the fleet of the next one', async () => {
    const { send, confirm, counts, registry } = aConfirmedPlane();
    pass(1990);
    expect(send().log).toEqual(['sent to a']);
    pass(20);
    const waiting = [send(), send(), send({ stickySlot: registry.get('a').slot })];
    pass(1000);
    expect(waiting.flatMap(({ log }) => log)).toEqual([]);
    expect(counts()).toMatchObject({ active: 1, queued: 3 });
    await registry.leaveNow('a');
    confirm();
    pass(10);
    expect(waiting.map(({ log }) => log)).toEqual([['sent to b'], ['sent to b'], ['sent to b']]);
    expect(counts()).toMatchObject({ queued: 0, unplaced: 0 });
  });

  it('gets 503 when no confirmation comes within QUEUE_TIMEOUT_SECONDS, and at once when the queue is full', () => {
    const { send, counts } = aConfirmedPlane({ MAX_QUEUED_REQUESTS: '1' });
    pass(2010);
    const [first, second] = [send(), send()];
    expect([first.log, second.log]).toEqual([[], [STALE]]);
    pass(4980);
    expect(first.log).toEqual([]);
    pass(30);
    expect(first.log).toEqual([STALE]);
    expect(counts()).toMatchObject({ unplaced: 2, queued: 0, active: 0 });
  });

  it('waits also before it is retried', () => {
    const { send, confirm } = aConfirmedPlane();
    const request = send();
    pass(2010);
    request.fail(RESET);
    expect(request.log).toEqual(['sent to a']);
    confirm();
    pass(10);
    expect(request.log).toEqual(['sent to a', 'sent to b']);
  });

  it('keeps its backend when an attempt takes long, since no other one can be chosen', () => {
    const { send } = aConfirmedPlane({ ATTEMPT_TIMEOUT_SECONDS: '4' });
    const request = send();
    pass(5000);
    expect(request.log).toEqual(['sent to a']);
    request.respond();
  });

  it('is held by its route when the next confirmation shows that its pool is empty, and rejected otherwise', async () => {
    const { send, confirm, join, registry, route } = aConfirmedPlane();
    pass(2010);
    const [held, rejected] = [send({ route: Object.create(route, { holdMs: { value: 30_000 } }) }), send()];
    for (const id of ['a', 'b']) await registry.leaveNow(id);
    confirm(3600);
    pass(5010);
    expect([held.log, rejected.log]).toEqual([[], ['503: no backend can take this request now']]);
    pass(20_000);
    join('c');
    pass(10);
    expect(held.log).toEqual(['sent to c']);
  });
});
