// How an exchange ends from outside: its backend goes out of service, or its client leaves.
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aDataPlane, type TestRequest } from './attempt-loop.fixture.js';
import { IllegalTransitionError } from './exchange-state.js';

const RESET = Object.assign(new Error('read'), { code: 'ECONNRESET', syscall: 'read' });

beforeEach(() => {
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const clocks: { stop(): void }[] = [];
afterEach(() => clocks.splice(0).forEach((clock) => clock.stop()));

/** Two backends. `a` serves what is sent first. */
function twoBackends(environment: Record<string, string> = {}) {
  const plane = aDataPlane(environment);
  clocks.push(plane.clock);
  const a = plane.join('a');
  plane.join('b');
  return {
    ...plane,
    /** `a` does not respond to pings any more. */
    goSilent: () => {
      for (let ping = 1; ping <= 3; ping++) {
        plane.registry.observe(a, { what: 'ping-unanswered', reason: 'ping failed: connection refused' });
      }
    },
    /** The time of a drain of `a` is over. */
    expireDrain: () => plane.registry.drain('a', 0),
  };
}

describe('when its backend goes silent', () => {
  it('a request that may be repeated goes to another backend', () => {
    const { send, goSilent, stateOf, counts } = twoBackends();
    const request = send({ method: 'PUT' });
    goSilent();
    expect(request.log).toEqual(['sent to a', 'aborted', 'sent to b']);
    expect(stateOf('a')).toBe('down');
    request.respond();
    expect(counts()).toMatchObject({ active: 0, retries: 1, errors: [0, 0] });
  });

  it('all that may be repeated go to other backends, one after another', () => {
    const { send, goSilent } = twoBackends();
    const requests = Array.from({ length: 6 }, () => send());
    goSilent();
    const moved = requests.filter(({ log }) => log.length === 3);
    expect(moved.map(({ log }) => log)).toEqual(moved.map(() => ['sent to a', 'aborted', 'sent to b']));
    expect(moved).toHaveLength(3);
    requests.forEach((request) => request.respond());
  });

  it('a request that may not be repeated is waited for', () => {
    const { send, goSilent, counts } = twoBackends();
    const request = send({ method: 'POST' });
    goSilent();
    expect(request.log).toEqual(['sent to a']);
    request.respond();
    expect(counts()).toMatchObject({ active: 0, errors: [0, 0] });
  });

  it('a request whose body cannot be sent again is waited for', () => {
    const { aRequest, start, goSilent } = twoBackends();
    const request = aRequest();
    request.isBodyReplayable = false;
    start(request, { method: 'PUT' });
    goSilent();
    expect(request.log).toEqual(['sent to a']);
    request.respond();
  });

  it('a response that has begun goes on', () => {
    const { send, goSilent, counts } = twoBackends();
    const request = send();
    request.loop.onResponseHead(200, {});
    goSilent();
    expect(request.log).toEqual(['sent to a']);
    request.close();
    expect(counts()).toMatchObject({ active: 0, errors: [0, 0] });
  });
});

describe('when the time of a drain is over', () => {
  it('a request that may be repeated goes to another backend', async () => {
    const { send, expireDrain, registry, counts } = twoBackends();
    const request = send();
    await expireDrain();
    expect(request.log).toEqual(['sent to a', 'aborted', 'sent to b']);
    expect(registry.get('a').draining?.completedAt).toBeInstanceOf(Date);
    request.respond();
    expect(counts()).toMatchObject({ active: 0, errors: [0, 0] });
  });

  it.each([
    ['POST', true, '502: the backend went out of service'],
    ['PUT', false, '503: the backend went out of service'],
  ])('a %s that cannot be repeated ends, and spares the backend', async (method, isBodyReplayable, response) => {
    const { aRequest, start, expireDrain, counts, stateOf } = twoBackends();
    const request = aRequest();
    request.isBodyReplayable = isBodyReplayable;
    start(request, { method });
    await expireDrain();
    expect(request.log).toEqual(['sent to a', 'aborted', response]);
    expect(stateOf('a')).toBe('up');
    request.close();
    expect(counts()).toMatchObject({ active: 0, unplaced: 0, retries: 0, errors: [0, 0] });
  });

  it('a response that has begun is cut, and spares the backend', async () => {
    const { send, expireDrain, counts, stateOf } = twoBackends();
    const request = send();
    request.loop.onResponseHead(200, {});
    await expireDrain();
    expect(request.log).toEqual(['sent to a', 'response cut']);
    expect(stateOf('a')).toBe('up');
    expect(counts()).toMatchObject({ active: 0, errors: [0, 0] });
    request.close();
  });

  it('a request that ends together with another one is not ended twice', async () => {
    const { send, expireDrain, counts } = twoBackends();
    const [first, , second] = [send(), send({ method: 'POST' }), send()];
    for (const request of [first, second]) request.loop.onResponseHead(200, {});
    first.abortResponse = () => second.close();
    await expireDrain();
    expect(second.log).toEqual(['sent to a']);
    first.close();
    expect(counts()).toMatchObject({ active: 1 });
  });

  it('requests on other backends, and those that have ended, are left alone', async () => {
    const { send, expireDrain } = twoBackends();
    const [ended, other, open] = [send(), send(), send()];
    ended.respond();
    await expireDrain();
    expect([ended.log, other.log]).toEqual([['sent to a'], ['sent to b']]);
    expect(open.log).toEqual(['sent to a', 'aborted', 'sent to b']);
    other.respond();
    open.respond();
  });
});

describe('a client that leaves', () => {
  /** Brings a request into a state. */
  const into: Record<string, (request: TestRequest) => void> = {
    attempting: () => {},
    'attempting again': (request) => request.fail(RESET),
    responding: (request) => request.loop.onResponseHead(200, {}),
    'received whole': (request) => {
      request.loop.onResponseHead(200, {});
      request.loop.exchange.completeAttempt();
    },
    'response broken off': (request) => {
      request.loop.onResponseHead(200, {});
      request.loop.exchange.failAttempt('cut off');
    },
    'rejected after its attempts': (request) => {
      for (let attempt = 1; attempt <= 3; attempt++) request.fail(RESET);
    },
  };

  it.each([
    ['attempting', 499, [0, 0]],
    ['attempting again', 499, [1, 0]],
    ['responding', 200, [0, 0]],
    ['received whole', 200, [0, 0]],
    ['response broken off', 200, [1, 0]],
    ['rejected after its attempts', 503, [2, 1]],
  ])('while it is %s leaves nothing behind, and status %i in the log', (state, status, errors) => {
    const { send, counts, requestLog } = twoBackends();
    const request = send();
    into[state](request);
    request.close();
    expect(request.loop.isIdle).toBe(true);
    expect(counts()).toMatchObject({ taken: 1, unplaced: 0, queued: 0, active: 0, errors });
    expect(requestLog.newest()).toMatchObject([{ status }]);
  });

  it('while it waits for room leaves the queue, and its place goes to the next', async () => {
    const { join, clock, send, counts, requestLog } = aDataPlane();
    clocks.push(clock);
    join('a', { maxInFlight: 1 });
    const [first, leaving, next] = [send(), send(), send()];
    leaving.close();
    expect(requestLog.newest()).toMatchObject([{ status: 499, attempts: 0 }]);
    first.respond();
    await Promise.resolve();
    expect([leaving.log, next.log]).toEqual([[], ['sent to a']]);
    next.respond();
    expect(counts()).toMatchObject({ taken: 3, unplaced: 0, queued: 0, active: 0, errors: [0] });
  });

  it('before its request was placed leaves nothing behind', () => {
    const { aRequest, counts, route } = twoBackends();
    const request = aRequest();
    const demand = Float64Array.of(1, 1);
    const placed = { pool: 'default', demand, classId: undefined, affinity: undefined, stickySlot: -1 };
    const head = { route, client: 'c', method: 'GET', target: '/', ...placed };
    request.loop.start(head, false);
    request.close();
    expect(counts()).toMatchObject({ taken: 1, unplaced: 0, active: 0 });
  });

  it('leaves no timer behind', () => {
    vi.useFakeTimers();
    const { join, clock, send } = aDataPlane();
    join('a', { maxInFlight: 1 });
    const requests = [send(), send()];
    requests.forEach((request) => request.close());
    clock.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a late callback', () => {
  it('of an earlier request throws, also once the exchange serves the next one', () => {
    const { aRequest, start } = twoBackends();
    const request = start(aRequest());
    const { exchange } = request.loop;
    const { generation } = exchange;
    expect(() => exchange.assertGeneration(generation)).not.toThrow();
    request.respond();
    expect(() => exchange.assertGeneration(generation)).toThrow('a late callback of request 1: the exchange is idle');
    start(request);
    expect(() => exchange.assertGeneration(generation)).toThrow('a late callback of request 1');
    expect(() => exchange.assertGeneration(exchange.generation)).not.toThrow();
    request.respond();
  });

  it('that ends a request twice throws', () => {
    const { send } = twoBackends();
    const request = send();
    request.respond();
    expect(() => request.close()).toThrow(IllegalTransitionError);
  });

  it('of an attempt that is over changes nothing', () => {
    const { send, counts, stateOf } = twoBackends();
    const request = send();
    request.loop.onResponseHead(200, {});
    request.loop.exchange.completeAttempt();
    request.loop.exchange.failAttempt('cut off');
    request.loop.exchange.cancelAttempt();
    request.loop.exchange.completeAttempt();
    request.loop.onSlowConnect();
    request.close();
    expect(counts()).toMatchObject({ active: 0, errors: [0, 0] });
    expect(stateOf('a')).toBe('up');
  });
});
