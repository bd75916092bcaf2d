import { describe, expect, it } from 'vitest';
import { FailureStreaks, windowOutlier, type ExchangeOutcome } from './outliers.js';

const streaks = () => new FailureStreaks({ consecutive5xx: 5, consecutiveGatewayErrors: 3 }, 4, 10);

/** Returns the indices of the outcomes that yielded evidence. */
function evidenceAt(outcomes: ExchangeOutcome[], counter = streaks(), incarnation = 1): number[] {
  return outcomes.flatMap((outcome, i) => (counter.record(2, incarnation, outcome, 'client', i) ? [i] : []));
}

describe('failures in a row', () => {
  it('are evidence at the limit, and at each multiple of it', () => {
    expect(evidenceAt(Array<ExchangeOutcome>(11).fill('error'))).toEqual([4, 9]);
    expect(evidenceAt(Array<ExchangeOutcome>(6).fill('gateway'))).toEqual([2, 4, 5]);
  });

  it('end with a good response', () => {
    expect(evidenceAt(['error', 'error', 'error', 'error', 'good', 'error', 'error', 'error', 'error'])).toEqual([]);
    expect(evidenceAt(['gateway', 'gateway', 'good', 'gateway'])).toEqual([]);
  });

  it('of a gateway end with any other response, and count as errors', () => {
    expect(evidenceAt(['gateway', 'gateway', 'error', 'gateway', 'gateway'])).toEqual([4]);
  });

  it('are counted per slot and incarnation', () => {
    const counter = streaks();
    expect(evidenceAt(['gateway', 'gateway'], counter, 1)).toEqual([]);
    expect(counter.record(3, 1, 'gateway', 'client', 0)).toBeUndefined();
    expect(evidenceAt(['gateway', 'gateway'], counter, 2)).toEqual([]);
    expect(evidenceAt(['gateway', 'gateway', 'gateway'], counter, 1)).toEqual([]);
    expect(evidenceAt(['gateway'], counter, 2)).toEqual([0]);
  });

  it('are forgotten with the backend whose slot another one gets', () => {
    const counter = streaks();
    evidenceAt(['gateway', 'gateway'], counter, 9);
    counter.forgetBackend(2);
    expect(evidenceAt(['gateway', 'gateway', 'gateway'], counter, 1)).toEqual([2]);
  });

  it('have evidence with figures', () => {
    const counter = streaks();
    counter.record(0, 1, 'gateway', 'client', 0);
    counter.record(0, 1, 'gateway', 'client', 0);
    expect(counter.record(0, 1, 'gateway', 'client', 0)).toEqual({
      reason: '3 exchanges in a row failed or returned 502, 503 or 504',
      figures: { consecutiveGatewayErrors: 3 },
    });
  });

  it('include exchanges that stall while there is no response', () => {
    expect(evidenceAt(['stalled', 'stalled', 'good', 'stalled', 'stalled', 'stalled'])).toEqual([5]);
    expect(evidenceAt(['stalled', 'stalled', 'error', 'stalled'])).toEqual([]);
  });

  /** Returns the indices of the outcomes that yielded evidence; each is a client and an outcome. */
  function evidenceOf(outcomes: readonly (readonly [string, ExchangeOutcome])[]): number[] {
    const counter = streaks();
    return outcomes.flatMap(([client, outcome], i) => (counter.record(2, 1, outcome, client, i) ? [i] : []));
  }

  it.each(['error', 'gateway', 'stalled'] as const)('do not count when one client has them all: %s', (outcome) => {
    const good = ['b', 'good'] as const;
    expect(evidenceOf([good, ...Array<['a', typeof outcome]>(20).fill(['a', outcome])])).toEqual([]);
  });

  it('count as soon as there are enough clients, at the limit and later', () => {
    const good = ['a', 'b', 'c'].map((client) => [client, 'good'] as const);
    const failing = Array.from('aaaaaaabcccc', (client) => [client, 'error'] as const);
    expect(evidenceOf([...good, ...failing])).toEqual([11, 12]);
    const stalling = Array.from('aaab', (client) => [client, 'stalled'] as const);
    expect(evidenceOf([...good.slice(0, 2), ...stalling])).toEqual([5]);
  });

  it('forget the clients of a row that has ended', () => {
    const good = ['a', 'b', 'c'].map((client) => [client, 'good'] as const);
    const row = (clients: string) => Array.from(clients, (client) => [client, 'error'] as const);
    expect(evidenceOf([...good, ...row('abc'), ...good, ...row('aaaaabbbbb')])).toEqual([]);
  });

  it('can be turned off', () => {
    const counter = new FailureStreaks({ consecutive5xx: 0, consecutiveGatewayErrors: 0 }, 4, 10);
    expect(evidenceAt(Array<ExchangeOutcome>(20).fill('gateway'), counter)).toEqual([]);
  });
});

describe('a window', () => {
  const rules = {
    consecutive5xx: 0,
    consecutiveGatewayErrors: 0,
    failureRatio: 0.5,
    latencyFactor: 10,
    minRequests: 20,
  };
  const counts = { exchanges: 0, failures: 0, measured: 0, stretch: 0 };

  it('shows an outlier by the ratio of failures', () => {
    expect(windowOutlier({ ...counts, exchanges: 40, failures: 20 }, rules)?.reason).toBe(
      '50 % of 40 exchanges failed',
    );
    expect(windowOutlier({ ...counts, exchanges: 40, failures: 19 }, rules)).toBeUndefined();
    expect(windowOutlier({ ...counts, exchanges: 19, failures: 19 }, rules)).toBeUndefined();
  });

  it('shows an outlier by its latency', () => {
    expect(windowOutlier({ ...counts, measured: 20, stretch: 250 }, rules)).toEqual({
      reason: '20 responses took 12.5 times as long as is usual for their class',
      figures: { measured: 20, times: 12.5 },
    });
    expect(windowOutlier({ ...counts, measured: 20, stretch: 199 }, rules)).toBeUndefined();
    expect(windowOutlier({ ...counts, measured: 19, stretch: 999 }, rules)).toBeUndefined();
  });

  it('shows nothing when turned off', () => {
    const off = { ...rules, failureRatio: 0, latencyFactor: 0 };
    expect(windowOutlier({ exchanges: 99, failures: 99, measured: 99, stretch: 9999 }, off)).toBeUndefined();
  });
});
