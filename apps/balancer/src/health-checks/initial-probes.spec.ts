import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi, type MockInstance } from 'vitest';
import { aRegistry } from '../registry/registry.fixture.js';
import type { RegistryService } from '../registry/registry.service.js';
import { waitForInitialProbes } from './initial-probes.js';

/** Monotonic time: it stands still until it is moved, and is looked at with each poll. */
let clock: MockInstance<() => number>;

beforeEach(() => {
  clock = vi.spyOn(performance, 'now').mockReturnValue(5000);
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

/** A wait, and a way to let it poll a few times more. */
function aWait(registry: RegistryService) {
  const wait = {
    isOver: false,
    end: Promise.resolve(),
    poll: async () => {
      const polls = clock.mock.calls.length;
      await vi.waitFor(() => expect(clock.mock.calls.length).toBeGreaterThan(polls + 2));
    },
  };
  wait.end = waitForInitialProbes(registry).then(() => void (wait.isOver = true));
  return wait;
}

it('waits for nothing when the fleet is empty, or every backend has been pinged', async () => {
  const { registry, join } = aRegistry();
  await waitForInitialProbes(registry);
  join('a');
  await waitForInitialProbes(registry);
});

it.each(['ping-ok', 'ping-unanswered'] as const)(
  'waits until the pings of the last backend are done: %s',
  async (what) => {
    const { registry, register } = aRegistry();
    const [a, b] = [register('a'), register('b')];
    const wait = aWait(registry);
    registry.observe(a, { what: 'ping-ok', reason: 'ping: connected' });
    await wait.poll();
    expect(wait.isOver).toBe(false);
    for (let ping = 0; ping < 3; ping++) registry.observe(b, { what, reason: 'ping' });
    await wait.end;
  },
);

it('does not wait for a backend that an operator has paused', async () => {
  const { registry, register } = aRegistry();
  register('a');
  await registry.drain('a');
  await waitForInitialProbes(registry);
});

it('waits for a backend that hangs for a second at most', async () => {
  const { registry, register } = aRegistry();
  register('a');
  const wait = aWait(registry);
  clock.mockReturnValue(5999);
  await wait.poll();
  expect(wait.isOver).toBe(false);
  clock.mockReturnValue(6000);
  await wait.end;
});
