import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SnapshotAcknowledgement } from './snapshot-acknowledgement.js';

describe('SnapshotAcknowledgement', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function anAcknowledgement() {
    const sent: number[] = [];
    const acknowledgement: SnapshotAcknowledgement = new SnapshotAcknowledgement(
      () => void sent.push(acknowledgement.version),
    );
    return { acknowledgement, sent };
  }

  it('is acknowledged at once without other threads', async () => {
    const { acknowledgement, sent } = anAcknowledgement();
    acknowledgement.publish();
    expect(acknowledgement.isAcknowledged).toBe(true);
    await acknowledgement.whenAcknowledged();
    expect(sent).toEqual([1]);
  });

  it('is acknowledged when every thread has acknowledged the newest snapshot', async () => {
    const { acknowledgement } = anAcknowledgement();
    const [one, two] = [acknowledgement.join(), acknowledgement.join()];
    acknowledgement.publish();
    const log: string[] = [];
    const acknowledged = acknowledgement.whenAcknowledged().then(() => log.push('acknowledged'));
    one.acknowledge(1);
    await Promise.resolve();
    expect([acknowledgement.isAcknowledged, ...log]).toEqual([false]);
    two.acknowledge(1);
    await acknowledged;
    expect(acknowledgement.isAcknowledged).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits for the snapshot of the moment, and not for later ones', async () => {
    const { acknowledgement } = anAcknowledgement();
    const reader = acknowledgement.join();
    acknowledgement.publish();
    const acknowledged = acknowledgement.whenAcknowledged();
    acknowledgement.publish();
    reader.acknowledge(1);
    await acknowledged;
    expect(acknowledgement.isAcknowledged).toBe(false);
  });

  it('does not wait for a thread that has left, nor longer than a second for the others', async () => {
    const { acknowledgement } = anAcknowledgement();
    const [one, two] = [acknowledgement.join(), acknowledgement.join()];
    acknowledgement.publish();
    const acknowledged = acknowledgement.whenAcknowledged();
    two.acknowledge(1);
    one.leave();
    one.acknowledge(0);
    await acknowledged;
    acknowledgement.publish();
    const late = acknowledgement.whenAcknowledged();
    await vi.advanceTimersByTimeAsync(1000);
    await late;
    expect(acknowledgement.isAcknowledged).toBe(false);
  });

  it('does not wait for a thread that is not awaited, and waits for it again later', async () => {
    const { acknowledgement, sent } = anAcknowledgement();
    const reader = acknowledgement.join();
    acknowledgement.publish();
    const acknowledged = acknowledgement.whenAcknowledged();
    reader.setAwaited(false);
    await acknowledged;
    expect([acknowledgement.isAcknowledged, reader.isCurrent()]).toEqual([true, false]);
    acknowledgement.publish();
    await Promise.resolve();
    expect(sent).toEqual([1, 2]);
    reader.setAwaited(true);
    expect(acknowledgement.isAcknowledged).toBe(false);
    reader.acknowledge(2);
    expect([acknowledgement.isAcknowledged, reader.isCurrent()]).toEqual([true, true]);
  });

  it('sends snapshots that are published in a row once', async () => {
    const { acknowledgement, sent } = anAcknowledgement();
    acknowledgement.join();
    for (let i = 0; i < 3; i++) acknowledgement.publish();
    await Promise.resolve();
    acknowledgement.publish();
    await Promise.resolve();
    expect(sent).toEqual([3, 4]);
  });
});
