import { describe, expect, it } from 'vitest';
import { CachedReading } from './cached-reading.js';

/** Readings are numbered; `clock.now` is set by the test. */
function numbered(maxAge: number) {
  const clock = { now: 0 };
  let made = 0;
  return {
    clock,
    reading: new CachedReading(
      () => ++made,
      maxAge,
      () => clock.now,
    ),
  };
}

describe('CachedReading', () => {
  it('is made again once it has reached its maximum age', async () => {
    const { clock, reading } = numbered(1);
    expect(await reading.read()).toBe(1);
    clock.now = 0.999;
    expect(await reading.read()).toBe(1);
    clock.now = 1;
    expect(await reading.read()).toBe(2);
    clock.now = 1.5;
    expect(await reading.read()).toBe(2);
  });

  it('is made for each reader when it may have no age', async () => {
    const { reading } = numbered(0);
    expect([await reading.read(), await reading.read()]).toEqual([1, 2]);
  });

  it('is made once for readers that come while it is made, however long that takes', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const clock = { now: 0 };
    let made = 0;
    const make = () => {
      made++;
      return promise;
    };
    const reading = new CachedReading(make, 1, () => clock.now);
    const first = reading.read();
    clock.now = 60;
    const second = reading.read();
    resolve('metrics');
    expect(await Promise.all([first, second])).toEqual(['metrics', 'metrics']);
    expect(made).toBe(1);
  });

  it('a failure reaches its readers and is not kept', async () => {
    let isBroken = true;
    const make = () => {
      if (isBroken) throw new Error('broken');
      return 'metrics';
    };
    const reading = new CachedReading(make, 1, () => 0);
    await expect(reading.read()).rejects.toThrow('broken');
    isBroken = false;
    expect(await reading.read()).toBe('metrics');
  });
});
