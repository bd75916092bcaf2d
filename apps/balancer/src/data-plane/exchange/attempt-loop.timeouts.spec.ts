// What an attempt loop does with requests and responses that take too long.
import { performance } from 'node:perf_hooks';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aDataPlane } from './attempt-loop.fixture.js';

const RESET = Object.assign(new Error('read'), { code: 'ECONNRESET', syscall: 'read' });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A deadline of the clock may be late by two of its ticks. */
const TICKS_MS = 40;
const pass = (ms: number) => vi.advanceTimersByTime(ms);
const passDeadlineAt = (ms: number) => pass(ms + TICKS_MS);

/** Two backends, and a list of those that a probe was requested for. */
function twoBackends(environment: Record<string, string> = {}) {
  const plane = aDataPlane(environment);
  const [a, b] = [plane.join('a'), plane.join('b')];
  const probed: string[] = [];
  plane.registry.listen({ probeNeeded: ({ id }) => probed.push(id) });
  return { ...plane, a, b, probed };
}

describe('a response that takes long to begin', () => {
  it('has its backend probed after SLOW_EXCHANGE_SECONDS, and is waited for', () => {
    const { send, stateOf, probed, counts } = twoBackends();
    const request = send();
    pass(980);
    // Of an interim response, say.
    request.loop.onBytes(1);
    expect(probed).toEqual([]);
    pass(60);
    expect([probed, stateOf('a')]).toEqual([['a'], 'up']);
    pass(5000);
    expect(request.log).toEqual(['sent to a']);
    request.respond();
    expect(counts()).toMatchObject({ active: 0, retries: 0, errors: [0, 0] });
  });

  it('is asked of another backend after ATTEMPT_TIMEOUT_SECONDS', () => {
    const { send, stateOf, counts } = twoBackends();
    const request = send();
    pass(9900);
    expect(request.log).toEqual(['sent to a']);
    passDeadlineAt(100);
    expect(request.log).toEqual(['sent to a', 'aborted', 'sent to b']);
    expect(stateOf('a')).toBe('suspect');
    request.respond();
    expect(counts()).toMatchObject({ active: 0, retries: 1, errors: [1, 0] });
  });

  it('is waited for until REQUEST_TIMEOUT_SECONDS if there is no other backend', () => {
    const { send, join, stateOf, counts } = aDataPlane();
    join('a');
    const request = send();
    pass(29_900);
    expect(request.log).toEqual(['sent to a']);
    passDeadlineAt(100);
    expect(request.log).toEqual([
      'sent to a',
      'aborted',
      expect.stringMatching(/^504: no response within 300\d\d ms$/),
    ]);
    expect(stateOf('a')).toBe('suspect');
    request.close();
    expect(counts()).toMatchObject({ active: 0, unplaced: 0, errors: [1] });
  });

  it('is waited for if the other backend is full', () => {
    const { send, join } = aDataPlane();
    join('a');
    join('b', { maxInFlight: 1 });
    const request = send();
    const other = send();
    other.loop.onResponseHead(200, {});
    pass(15_000);
    expect(request.log).toEqual(['sent to a']);
    other.close();
    request.close();
  });

  it('is waited for if the other backend was tried already', () => {
    const { send } = twoBackends();
    const request = send();
    request.loop.onAttemptError(RESET, true);
    pass(15_000);
    expect(request.log).toEqual(['sent to a', 'sent to b']);
    request.close();
  });

  it('is waited for if the body cannot be sent again', () => {
    const { aRequest, start } = twoBackends();
    const request = aRequest();
    request.isBodyReplayable = false;
    start(request, { method: 'PUT' });
    pass(15_000);
    expect(request.log).toEqual(['sent to a']);
    request.close();
  });

  it('is waited for if the retry budget is spent', () => {
    const { send, counts } = twoBackends({ RETRY_BUDGET: '0', RETRY_BUDGET_MIN_PER_SECOND: '0' });
    const request = send();
    pass(15_000);
    expect(request.log).toEqual(['sent to a']);
    request.close();
    expect(counts()).toMatchObject({ active: 0, retries: 0, errors: [0, 0] });
  });

  it.each(['POST', 'PATCH'])('is waited for if the method is %s', (method) => {
    const { send } = twoBackends();
    const request = send({ method });
    pass(29_900);
    expect(request.log).toEqual(['sent to a']);
    passDeadlineAt(100);
    expect(request.log.slice(1)).toEqual(['aborted', expect.stringMatching(/^504: /)]);
    request.close();
  });

  it('ends the attempts when the request has used its time, and counts no retry that was not made', () => {
    const { send, counts } = twoBackends();
    const request = send();
    pass(30_100);
    expect(request.log).toEqual(['sent to a', 'aborted', 'sent to b', 'aborted', expect.stringMatching(/^504: /)]);
    request.close();
    expect(counts()).toMatchObject({ active: 0, retries: 1, errors: [1, 1] });
  });

  it('stalls: backends that keep several waiting for long are ejected, and the requests go elsewhere', () => {
    const { join, send, learning, stateOf, counts } = aDataPlane({ SLOW_EXCHANGE_SECONDS: '1' });
    join('a');
    const classId = learning.classify({ method: 'GET', target: '/', bodyBytes: 0 });
    for (let served = 0; served < 40; served++) {
      const request = send({ classId });
      pass(20);
      request.respond();
    }
    const waiting = Array.from({ length: 5 }, () => send({ classId }));
    join('b');
    passDeadlineAt(1000);
    expect(stateOf('a')).toBe('ejected');
    for (const request of waiting) {
      expect(request.log).toEqual(['sent to a', 'aborted', 'sent to b']);
      request.respond();
    }
    expect(counts()).toMatchObject({ active: 0, retries: 5, errors: [0, 0] });
  });
});

describe('a connection that takes long to open', () => {
  it('puts its backend under suspicion, and goes on opening', () => {
    const { send, stateOf, counts } = twoBackends();
    const request = send();
    request.loop.onSlowConnect();
    expect(stateOf('a')).toBe('suspect');
    request.respond();
    expect(request.log).toEqual(['sent to a']);
    request.loop.onSlowConnect();
    expect(counts()).toMatchObject({ active: 0, errors: [0, 0] });
    expect(stateOf('b')).toBe('up');
  });
});

describe('a body that stands still', () => {
  it('of a client leads to 408, and spares the backend', () => {
    const { send, stateOf, counts } = twoBackends();
    const request = send({ method: 'PUT', hasBody: true });
    pass(59_900);
    expect(request.log).toEqual(['sent to a']);
    passDeadlineAt(100);
    expect(request.log.slice(1)).toEqual(["408: no byte of the request's body within 60000 ms"]);
    expect(stateOf('a')).toBe('up');
    request.close();
    expect(counts()).toMatchObject({ active: 0, unplaced: 0, errors: [0, 0] });
  });

  it('because its backend does not accept it counts against the backend: 504 for what cannot be repeated', () => {
    const { aRequest, start, stateOf, counts } = twoBackends();
    const request = aRequest();
    request.isUpstreamBackpressured = true;
    start(request, { method: 'POST', hasBody: true });
    passDeadlineAt(60_000);
    expect(request.log.slice(1)).toEqual(['aborted', "504: no byte of the request's body within 60000 ms"]);
    expect(stateOf('a')).toBe('suspect');
    request.close();
    expect(counts()).toMatchObject({ active: 0, errors: [1, 0] });
  });

  it('does not end the exchange while bytes move; the response is waited for from the last one on', () => {
    const { send, probed } = twoBackends();
    const request = send({ method: 'PUT', hasBody: true });
    for (let moved = 0; moved < 5; moved++) {
      pass(50_000);
      request.loop.onBytes(1);
    }
    expect([request.log, probed]).toEqual([['sent to a'], []]);
    request.loop.onRequestSent();
    passDeadlineAt(1000);
    expect(probed).toEqual(['a']);
    passDeadlineAt(9000);
    expect(request.log).toEqual(['sent to a', 'aborted', 'sent to b']);
    request.respond();
  });

  it('of a response cuts it, and counts against the backend', () => {
    const { send, stateOf, counts, requestLog } = twoBackends();
    const request = send();
    request.loop.onResponseHead(200, {});
    pass(50_000);
    request.loop.onBytes(1);
    pass(59_900);
    expect(request.log).toEqual(['sent to a']);
    passDeadlineAt(100);
    expect(request.log).toEqual(['sent to a', 'response cut']);
    expect(stateOf('a')).toBe('suspect');
    expect(counts()).toMatchObject({ active: 0, errors: [1, 0] });
    request.close();
    expect(requestLog.newest()).toMatchObject([{ status: 200 }]);
  });

  it('of a response that the client does not accept cuts it, and spares the backend', () => {
    const { send, stateOf, counts } = twoBackends();
    const request = send();
    request.loop.onResponseHead(200, {});
    request.isDownstreamBackpressured = true;
    passDeadlineAt(60_000);
    expect(request.log).toEqual(['sent to a', 'response cut']);
    expect(stateOf('a')).toBe('up');
    expect(counts()).toMatchObject({ active: 0, errors: [0, 0] });
    request.close();
  });

  it('is no matter once the connection was upgraded', () => {
    const { send, counts } = twoBackends();
    const request = send();
    request.loop.onResponseHead(101, {});
    request.loop.onUpgrade();
    pass(200_000);
    expect(request.log).toEqual(['sent to a']);
    request.close();
    expect(counts()).toMatchObject({ active: 0, errors: [0, 0] });
  });
});
