import { describe, expect, it } from 'vitest';
import { ClientTable, UNTRACKED } from './client-table.js';
import { Rate } from './rate.js';

/** The tables of two threads. */
function twoThreads() {
  const first = new ClientTable(2);
  return [first, new ClientTable(2, first.buffer, 1)] as const;
}

describe('ClientTable', () => {
  it('adds up what a client holds in all threads', () => {
    const [one, other] = twoThreads();
    for (const table of [one, one, other]) {
      const cell = table.own.claim(table.keyOf('192.0.2.1'), 0);
      table.own.connections.held[cell]++;
      table.own.requests.held[cell] += 2;
    }
    other.own.connections.held[other.own.claim(other.keyOf('192.0.2.2'), 0)]++;
    for (const table of [one, other]) {
      expect(table.held('connections', table.keyOf('192.0.2.1'))).toBe(3);
      expect(table.held('requests', table.keyOf('192.0.2.1'))).toBe(6);
      expect(table.held('connections', table.keyOf('192.0.2.3'))).toBe(0);
    }
  });

  it('takes the addresses of one IPv6 network for one client', () => {
    const [one] = twoThreads();
    const key = one.keyOf('2001:db8::1');
    expect(one.keyOf('2001:db8::ffff')).toMatchObject({ low: key.low, high: key.high });
    expect(one.keyOf('2001:db8:0:1::1')).not.toMatchObject({ low: key.low, high: key.high });
  });

  it('has other keys in each process', () => {
    expect(new ClientTable(1).keyOf('192.0.2.1')).not.toEqual(new ClientTable(1).keyOf('192.0.2.1'));
  });

  it('uses a cell again once its client holds nothing and its times have passed', () => {
    const { own } = new ClientTable(1);
    /** Eight clients of one set, and a ninth. */
    const keys = Array.from({ length: 9 }, (_, i) => ({ low: 0, high: i + 1, firstCell: 0 }));
    const cells = keys.slice(0, 8).map((key) => {
      const cell = own.claim(key, 0);
      own.connections.held[cell]++;
      return cell;
    });
    expect(new Set(cells).size).toBe(8);
    expect(own.claim(keys[8], 0)).toBe(UNTRACKED);
    own.connections.held[cells[3]]--;
    own.requests.times[cells[3]] = 10;
    expect(own.claim(keys[8], 9)).toBe(UNTRACKED);
    expect(own.claim(keys[3], 9)).toBe(cells[3]);
    expect(own.claim(keys[8], 10)).toBe(cells[3]);
    expect(own.find(keys[3])).toBe(UNTRACKED);
  });

  it('forgets what the clients of a thread held that has ended, but not their rates', () => {
    const [one, other] = twoThreads();
    const key = other.keyOf('192.0.2.1');
    const cell = other.own.claim(key, 0);
    other.own.connections.held[cell]++;
    other.own.requests.held[cell]++;
    other.own.requests.times[cell] = 7;
    one.rows[1].abandon();
    expect([one.held('connections', key), one.held('requests', key), one.latestTime('requests', key)]).toEqual([
      0, 0, 7,
    ]);
  });
});

describe('Rate', () => {
  /** How many of the events at these times are allowed, by threads in turn that share the latest time. */
  function allowed(rate: Rate, times: readonly number[], balancers = 1): number {
    const [one, other] = twoThreads();
    let count = 0;
    times.forEach((now, i) => {
      const table = i % 2 === 0 ? one : other;
      const key = table.keyOf('192.0.2.1');
      const cell = table.own.claim(key, now);
      const next = rate.next(table.latestTime('requests', key), now, balancers);
      if (rate.waitSeconds(next, now, balancers) > 0) return;
      table.own.requests.times[cell] = next;
      count++;
    });
    return count;
  }

  it.each([
    ['at once', Array.from({ length: 200 }, () => 1e6), 10],
    ['at twice the rate for 10 s', Array.from({ length: 2000 }, (_, i) => 1e6 + i / 200), 1009],
    ['at the rate', Array.from({ length: 2000 }, (_, i) => 1e6 + i / 100), 2000],
  ])('allows the burst and then the rate: events %s', (_, times, expected) => {
    expect(allowed(new Rate(100, 10), times)).toBe(expected);
  });

  it('says how long to wait', () => {
    const rate = new Rate(100, 10);
    expect(rate.waitSeconds(rate.next(5.1, 5, 1), 5, 1)).toBeCloseTo(0.01);
    expect(rate.waitSeconds(rate.next(5.1, 5, 4), 5, 4)).toBeCloseTo(0.04);
  });

  const atOnce = Array.from({ length: 20 }, () => 1e6);
  const atTwiceTheRate = Array.from({ length: 2000 }, (_, i) => 1e6 + i / 200);
  it.each([
    [1, 10, 1009],
    [2, 5, 504],
    [4, 2, 252],
    [10, 1, 100],
    // The first is let in although it is more than the part of the burst.
    [1000, 1, 1],
  ])(
    'is divided between %d balancers: each lets in %d at once, and %d of those at twice the rate for 10 s',
    (...row) => {
      const [balancers, burst, count] = row;
      const rate = new Rate(100, 10);
      expect([allowed(rate, atOnce, balancers), allowed(rate, atTwiceTheRate, balancers)]).toEqual([burst, count]);
    },
  );
});
