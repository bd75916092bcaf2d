import { performance } from 'node:perf_hooks';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidResponseError } from './attempt-error.js';
import { aDataPlane } from './attempt-loop.fixture.js';

const anError = (code: string, syscall = '') => Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
const REFUSED = anError('ECONNREFUSED', 'connect');
const RESET = anError('ECONNRESET', 'read');

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
/** The admission queue looks for room after the callback that has made it. */
const nextMicrotask = () => Promise.resolve();

/** Nothing is in flight, and nothing waits. */
const AT_REST = { unplaced: 0, retries: 0, queued: 0, active: 0 };

describe('a request', () => {
  it('is served by the backend that it was placed on', () => {
    const { join, send, counts, requestLog } = aDataPlane();
    join('a');
    const request = send();
    expect(counts()).toMatchObject({ active: 1 });
    request.respond();
    expect(request.log).toEqual(['sent to a']);
    expect(counts()).toEqual({ ...AT_REST, taken: 1, errors: [0] });
    expect(requestLog.newest()).toMatchObject([{ status: 200, backend: 'a', attempts: 1 }]);
  });

  it('is rejected with 503 and counted as unplaced when there is no backend', () => {
    const { send, counts, requestLog } = aDataPlane();
    const request = send();
    expect(request.log).toEqual(['503: no backend can take this request now']);
    request.close();
    expect(counts()).toEqual({ ...AT_REST, taken: 1, unplaced: 1, errors: [] });
    expect(requestLog.newest()).toMatchObject([{ status: 503, backend: null, attempts: 0 }]);
  });

  it('may follow another one in the same loop', () => {
    const { join, aRequest, start, counts, requestLog } = aDataPlane();
    join('a');
    const request = aRequest();
    start(request).fail(RESET);
    request.respond();
    start(request, { method: 'POST' }).fail(RESET);
    expect(request.log).toEqual(['sent to a', 'sent to a', 'sent to a', '502: the backend failed: connection reset']);
    request.close();
    expect(counts()).toEqual({ ...AT_REST, taken: 2, retries: 1, errors: [2] });
    expect(requestLog.newest()).toMatchObject([
      { status: 502, attempts: 1 },
      { status: 200, attempts: 2 },
    ]);
  });
});

describe('an attempt that fails', () => {
  it('is followed by one on the next backend, and puts the first one under suspicion', () => {
    const { join, send, stateOf, counts, requestLog } = aDataPlane();
    join('a');
    join('b');
    const request = send();
    request.fail(REFUSED);
    expect([stateOf('a'), stateOf('b')]).toEqual(['suspect', 'up']);
    request.respond();
    expect(request.log).toEqual(['sent to a', 'sent to b']);
    expect(counts()).toEqual({ ...AT_REST, taken: 1, retries: 1, errors: [1, 0] });
    expect(requestLog.newest()).toMatchObject([{ status: 200, backend: 'b', attempts: 2 }]);
  });

  it('is the last one at MAX_ATTEMPTS: 503 with the reason, counted as errors and not as unplaced', () => {
    const { join, send, counts, requestLog } = aDataPlane();
    join('a');
    join('b');
    const request = send();
    for (let attempt = 1; attempt <= 3; attempt++) request.fail(REFUSED);
    expect(request.log).toEqual([
      'sent to a',
      'sent to b',
      'sent to a',
      '503: no backend could serve this request: connection refused',
    ]);
    request.close();
    expect(counts()).toEqual({ ...AT_REST, taken: 1, retries: 2, errors: [2, 1] });
    expect(requestLog.newest()).toMatchObject([{ status: 503, attempts: 3 }]);
  });

  it('is the last one when the retry budget is spent', () => {
    const { join, send, counts } = aDataPlane({ RETRY_BUDGET: '0', RETRY_BUDGET_MIN_PER_SECOND: '0' });
    join('a');
    join('b');
    const request = send();
    request.fail(REFUSED);
    expect(request.log).toEqual(['sent to a', '503: no backend could serve this request: connection refused']);
    request.close();
    expect(counts()).toEqual({ ...AT_REST, taken: 1, errors: [1, 0] });
  });

  it('is the last one when the body cannot be sent again', () => {
    const { join, aRequest, start, counts } = aDataPlane();
    join('a');
    join('b');
    const request = aRequest();
    request.isBodyReplayable = false;
    start(request, { method: 'PUT' }).fail(RESET);
    expect(request.log).toEqual(['sent to a', '503: no backend could serve this request: connection reset']);
    request.close();
    expect(counts()).toEqual({ ...AT_REST, taken: 1, errors: [1, 0] });
  });

  it.each([
    ['POST', REFUSED, ['sent to b']],
    ['PUT', RESET, ['sent to b']],
    ['POST', RESET, ['502: the backend failed: connection reset']],
  ])('of a %s by %s leads to %j', (method, error, next) => {
    const { join, send, stateOf } = aDataPlane();
    join('a');
    join('b');
    const request = send({ method });
    request.fail(error);
    expect(request.log).toEqual(['sent to a', ...next]);
    expect(stateOf('a')).toBe('suspect');
    request.close();
  });

  it('by the loss of a reused connection puts no backend under suspicion', () => {
    const { join, send, stateOf } = aDataPlane();
    join('a');
    join('b');
    const request = send();
    request.loop.onAttemptError(RESET, true);
    expect(request.log).toEqual(['sent to a', 'sent to b']);
    expect(stateOf('a')).toBe('up');
    request.loop.onAttemptError(RESET, false);
    expect(stateOf('b')).toBe('suspect');
    request.close();
  });

  it.each([
    ['EMFILE', '503: no backend could serve this request: the balancer has no file descriptor left'],
    ['EADDRNOTAVAIL', '503: no backend could serve this request: the balancer has no port left'],
    ['ERR_INVALID_CHAR', '502: the backend failed: ERR_INVALID_CHAR'],
  ])('by %s is not repeated, and spares the backend', (code, response) => {
    const { join, send, stateOf, counts } = aDataPlane();
    join('a');
    join('b');
    const request = send();
    request.fail(anError(code));
    expect(request.log).toEqual(['sent to a', response]);
    expect(stateOf('a')).toBe('up');
    request.close();
    expect(counts()).toEqual({ ...AT_REST, taken: 1, errors: [0, 0] });
  });

  it.each([new InvalidResponseError('two lengths'), anError('HPE_INVALID_CONSTANT')])(
    'by an invalid response is repeated only if the method is idempotent, and leads to 502: %s',
    (error) => {
      const { join, send, stateOf } = aDataPlane();
      join('a');
      const post = send({ method: 'POST' });
      post.fail(error);
      expect(post.log).toEqual(['sent to a', '502: the backend sent an invalid response']);
      expect(stateOf('a')).toBe('suspect');
      const get = send();
      for (let attempt = 1; attempt <= 3; attempt++) get.fail(error);
      expect(get.log.slice(1)).toEqual(['sent to a', 'sent to a', '502: the backend sent an invalid response']);
      post.close();
      get.close();
    },
  );

  it('does nothing once the response has begun', () => {
    const { join, send, counts } = aDataPlane();
    join('a');
    const request = send();
    request.loop.onResponseHead(200, {});
    request.fail(RESET);
    expect(request.log).toEqual(['sent to a']);
    expect(counts()).toMatchObject({ active: 1, errors: [0] });
    request.close();
  });
});

describe('a response that breaks off', () => {
  it('is cut for the client too, and is an error of the backend', () => {
    const { join, send, stateOf, counts, requestLog } = aDataPlane();
    join('a');
    const request = send();
    request.loop.onResponseHead(200, {});
    request.loop.onResponseError('connection reset');
    expect(request.log).toEqual(['sent to a', 'response cut']);
    expect(stateOf('a')).toBe('suspect');
    request.close();
    expect(counts()).toEqual({ ...AT_REST, taken: 1, errors: [1] });
    expect(requestLog.newest()).toMatchObject([{ status: 200, attempts: 1 }]);
  });
});

describe('a request to a full fleet', () => {
  it('waits, and is placed when there is room', async () => {
    const { join, send, counts } = aDataPlane();
    join('a', { maxInFlight: 1 });
    const [first, second, third] = [send(), send(), send()];
    expect(counts()).toMatchObject({ active: 1, queued: 2 });
    first.respond();
    await nextMicrotask();
    expect([second.log, third.log]).toEqual([['sent to a'], []]);
    expect(counts()).toMatchObject({ active: 1, queued: 1 });
    second.respond();
    await nextMicrotask();
    third.respond();
    expect(third.log).toEqual(['sent to a']);
    expect(counts()).toEqual({ ...AT_REST, taken: 3, errors: [0] });
  });

  it('is rejected with 503 when it has waited for QUEUE_TIMEOUT_SECONDS', () => {
    const { join, send, counts } = aDataPlane({ QUEUE_TIMEOUT_SECONDS: '1' });
    join('a', { maxInFlight: 1 });
    const [first, second] = [send(), send()];
    pass(990);
    expect(second.log).toEqual([]);
    pass(20);
    expect(second.log).toEqual(['503: all backends are full']);
    expect(counts()).toMatchObject({ unplaced: 1, queued: 0 });
    second.close();
    first.respond();
    expect(counts()).toEqual({ ...AT_REST, taken: 2, unplaced: 1, errors: [0] });
  });

  it('is rejected with 503 at once when MAX_QUEUED_REQUESTS wait already', () => {
    const { join, send, counts } = aDataPlane({
      MAX_QUEUED_REQUESTS: '1',
      TRAFFIC_LIMITS: '{"perClient": {"requestsInFlight": 0}}',
    });
    join('a', { maxInFlight: 1 });
    const [first, second, third] = [send(), send(), send()];
    expect([second.log, third.log]).toEqual([[], ['503: all backends are full']]);
    expect(counts()).toMatchObject({ unplaced: 1, queued: 1 });
    for (const request of [first, second, third]) request.close();
    expect(counts()).toEqual({ ...AT_REST, taken: 3, unplaced: 1, errors: [0] });
  });

  it('waits after an attempt that failed, if the other backends are full', async () => {
    const { join, send, counts } = aDataPlane({ QUEUE_TIMEOUT_SECONDS: '20' });
    for (const id of ['a', 'b']) join(id, { maxInFlight: 1 });
    const [failing, other] = [send(), send()];
    other.loop.onResponseHead(200, {});
    failing.fail(REFUSED);
    pass(15_000);
    expect(failing.log).toEqual(['sent to a']);
    expect(counts()).toMatchObject({ active: 1, queued: 1 });
    other.loop.exchange.completeAttempt();
    other.close();
    await nextMicrotask();
    expect(failing.log).toEqual(['sent to a', 'sent to b']);
    failing.respond();
    expect(counts()).toEqual({ ...AT_REST, taken: 2, retries: 1, errors: [1, 0] });
  });
});
