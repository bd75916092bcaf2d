// Clients that hold a place on a backend for too long: which are ended, and which are not to blame.
import { performance } from 'node:perf_hooks';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aDataPlane, type TestRequest } from './attempt-loop.fixture.js';
import { ClientPatrol } from './client-patrol.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A backend, and the patrol. */
function aPatrolledPlane(environment: Record<string, string> = {}) {
  const plane = aDataPlane(environment);
  plane.join('a');
  const patrol = new ClientPatrol(plane.factory);
  patrol.start();
  return { ...plane, patrol };
}

/** Lets time pass; `bytes` move in each second. */
function passSeconds(seconds: number, request?: TestRequest, bytes = 0): void {
  for (let second = 0; second < seconds; second++) {
    if (request && bytes > 0) request.loop.onBytes(bytes);
    vi.advanceTimersByTime(1000);
  }
}

const isOver = ({ log }: TestRequest) => log.length > 1;

describe('an upload of less than MIN_BODY_RATE', () => {
  it('gets 408 after 10 s, and its backend is not blamed', () => {
    const { send, stateOf, counts } = aPatrolledPlane({ MIN_BODY_RATE: '64' });
    const request = send({ method: 'POST', hasBody: true });
    passSeconds(9, request, 1);
    expect(isOver(request)).toBe(false);
    passSeconds(2, request, 1);
    expect(request.log).toEqual(['sent to a', '408: the request body arrives too slowly']);
    expect([stateOf('a'), counts()]).toMatchObject(['up', { active: 0, errors: [0] }]);
  });

  it('goes on while the backend does not take what has arrived', () => {
    const { send } = aPatrolledPlane({ MIN_BODY_RATE: '64' });
    const request = send({ method: 'POST', hasBody: true });
    request.isUpstreamBackpressured = true;
    passSeconds(50, request, 1);
    expect(isOver(request)).toBe(false);
  });

  it('goes on without a minimum', () => {
    const { send } = aPatrolledPlane({ MIN_BODY_RATE: '0' });
    const request = send({ method: 'POST', hasBody: true });
    passSeconds(300, request, 1);
    expect(isOver(request)).toBe(false);
  });
});

describe('a response that is accepted at less than MIN_BODY_RATE', () => {
  it('is cut after 10 s, and its backend is not blamed', () => {
    const { send, stateOf, counts } = aPatrolledPlane({ MIN_BODY_RATE: '64' });
    const request = send();
    request.loop.onResponseHead(200, {});
    request.isDownstreamBackpressured = true;
    passSeconds(9, request, 1);
    expect(isOver(request)).toBe(false);
    passSeconds(2, request, 1);
    expect(request.log).toEqual(['sent to a', 'response cut']);
    expect([stateOf('a'), counts()]).toMatchObject(['up', { active: 0, errors: [0] }]);
  });

  it('goes on when it is the backend that sends no more', () => {
    const { send } = aPatrolledPlane({ MIN_BODY_RATE: '64' });
    const request = send();
    request.loop.onResponseHead(200, {});
    passSeconds(50, request, 1);
    expect(isOver(request)).toBe(false);
  });
});

describe('MAX_REQUEST_SECONDS', () => {
  it('ends a request before its response with 504, and one in its response by a cut', () => {
    const { send } = aPatrolledPlane({ MAX_REQUEST_SECONDS: '5' });
    const [early, late] = [send(), send()];
    late.loop.onResponseHead(200, {});
    passSeconds(4);
    expect([early, late].map(isOver)).toEqual([false, false]);
    passSeconds(2);
    expect(early.log.at(-1)).toBe('504: the request took longer than 5000 ms');
    expect(late.log.at(-1)).toBe('response cut');
  });

  it('does not apply to an upgraded connection', () => {
    const { send } = aPatrolledPlane({ MAX_REQUEST_SECONDS: '5' });
    const request = send();
    request.loop.onResponseHead(101, {});
    request.loop.onUpgrade();
    passSeconds(100);
    expect(isOver(request)).toBe(false);
  });
});

describe('slow uploads', () => {
  const slowUploads = (plane: ReturnType<typeof aPatrolledPlane>, count: number) =>
    Array.from({ length: count }, () => plane.send({ method: 'POST', hasBody: true }));

  it('keep half of the places of a full backend', () => {
    const plane = aPatrolledPlane({ MAX_IN_FLIGHT_PER_BACKEND: '4' });
    const uploads = slowUploads(plane, 4);
    passSeconds(3);
    expect(uploads.filter(isOver)).toHaveLength(2);
    expect(uploads.find(isOver)?.log.at(-1)).toMatch(/^408: the request body arrives slowly/);
  });

  it('keep all of them while the backend has room', () => {
    const plane = aPatrolledPlane({ MAX_IN_FLIGHT_PER_BACKEND: '5' });
    const uploads = slowUploads(plane, 4);
    passSeconds(9);
    expect(uploads.filter(isOver)).toEqual([]);
  });

  it('are not those that are faster than SLOW_UPLOAD_RATE', () => {
    const plane = aPatrolledPlane({ MAX_IN_FLIGHT_PER_BACKEND: '2', SLOW_UPLOAD_RATE: '100' });
    const uploads = slowUploads(plane, 2);
    for (let second = 0; second < 9; second++) for (const upload of uploads) passSeconds(second % 2, upload, 300);
    expect(uploads.filter(isOver)).toEqual([]);
  });

  it('hold every place without SLOW_UPLOAD_RATE', () => {
    const plane = aPatrolledPlane({ MAX_IN_FLIGHT_PER_BACKEND: '2', SLOW_UPLOAD_RATE: '0' });
    const uploads = slowUploads(plane, 2);
    passSeconds(9);
    expect(uploads.filter(isOver)).toEqual([]);
  });
});

it('does not blame clients for a pause of the process', () => {
  const { send } = aPatrolledPlane({ MIN_BODY_RATE: '64' });
  const request = send({ method: 'POST', hasBody: true });
  vi.setSystemTime(Date.now() + 50_000);
  request.loop.onBytes(1);
  passSeconds(1);
  expect(isOver(request)).toBe(false);
});
