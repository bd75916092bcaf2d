import { expect, it } from 'vitest';
import { AttemptTimeouts } from './attempt-timeouts.js';

const LIMITS = {
  attemptTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  streamIdleTimeoutMs: 60_000,
};

function aRequest(traits: { isIdempotent: boolean; hasBody: boolean }, limits = LIMITS) {
  const clock = { elapsedMs: 0 };
  const deadlines = new AttemptTimeouts(1000, clock);
  deadlines.reset(traits.isIdempotent, traits.hasBody, limits);
  return { clock, deadlines };
}

it('watches an attempt in two steps: slow, then over', () => {
  const { clock, deadlines } = aRequest({ isIdempotent: true, hasBody: false });
  expect(deadlines.startAttempt()).toBe(1000);
  clock.elapsedMs = 1000;
  expect(deadlines.expired()).toBe('slow');
  expect(deadlines.attemptLeftMs).toBe(9000);
  clock.elapsedMs = 10_000;
  expect(deadlines.expired()).toBe('attempt-over');
});

it('gives the last attempt what is left of the request, and no more', () => {
  const { clock, deadlines } = aRequest({ isIdempotent: true, hasBody: false });
  clock.elapsedMs = 25_000;
  expect(deadlines.startAttempt()).toBe(1000);
  expect(deadlines.attemptLeftMs).toBe(5000);
  clock.elapsedMs = 30_000;
  expect(deadlines.expired()).toBe('request-over');
  expect(deadlines.leftMs).toBe(0);
});

it('gives a request that cannot be repeated all its time at once', () => {
  const { deadlines } = aRequest({ isIdempotent: false, hasBody: false });
  deadlines.startAttempt();
  expect(deadlines.attemptLeftMs).toBe(30_000);
});

it('counts from the end of the upload, which may take as long as it moves', () => {
  const { clock, deadlines } = aRequest({ isIdempotent: true, hasBody: true });
  expect(deadlines.startAttempt()).toBe(60_000);
  expect(deadlines.expired()).toBe('upload-stalled');
  clock.elapsedMs = 100_000;
  deadlines.onRequestSent();
  expect(deadlines.leftMs).toBe(30_000);
  expect(deadlines.startAttempt()).toBe(1000);
});

it('extends an attempt to the end of the request when there is no other to make', () => {
  const { clock, deadlines } = aRequest({ isIdempotent: true, hasBody: false });
  deadlines.startAttempt();
  clock.elapsedMs = 10_000;
  expect(deadlines.extend()).toBe(20_000);
  clock.elapsedMs = 29_000;
  expect(deadlines.expired()).toBe('slow');
  clock.elapsedMs = 30_000;
  expect(deadlines.expired()).toBe('request-over');
});

it('does not watch longer for slowness than the attempt lasts', () => {
  const { deadlines } = aRequest({ isIdempotent: true, hasBody: false }, { ...LIMITS, attemptTimeoutMs: 300 });
  expect(deadlines.startAttempt()).toBe(300);
});
