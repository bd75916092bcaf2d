import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SnapshotAcknowledgement } from './snapshot-acknowledgement.js';

describe('the publication of snapshots', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function aPublication() {
    const sent: number[] = [];
    const publication: SnapshotAcknowledgement = new SnapshotAcknowledgement(() => void sent.push(publication.version));
    return { publication, sent };
  }

  it('is current at once while nobody else places', async () => {
    const { publication, sent } = aPublication();
    publication.publish();
    expect(publication.isAcknowledged).toBe(true);
    await publication.whenAcknowledged();
    expect(sent).toEqual([]);
  });

  it('is current when all have taken the newest snapshot', async () => {
    const { publication } = aPublication();
    const [one, two] = [publication.join(), publication.join()];
    publication.publish();
    const log: string[] = [];
    const current = publication.whenAcknowledged().then(() => log.push('current'));
    one.acknowledge(1);
    await Promise.resolve();
    expect([publication.isAcknowledged, ...log]).toEqual([false]);
    two.acknowledge(1);
    await current;
    expect(publication.isAcknowledged).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits for the snapshot that there was, not for those that come after it', async () => {
    const { publication } = aPublication();
    const reader = publication.join();
    publication.publish();
    const current = publication.whenAcknowledged();
    publication.publish();
    reader.acknowledge(1);
    await current;
    expect(publication.isAcknowledged).toBe(false);
  });

  it('waits for nobody who has left, and not for ever for anybody', async () => {
    const { publication } = aPublication();
    const [one, two] = [publication.join(), publication.join()];
    publication.publish();
    const current = publication.whenAcknowledged();
    two.acknowledge(1);
    one.leave();
    one.acknowledge(0);
    await current;
    publication.publish();
    const late = publication.whenAcknowledged();
    await vi.advanceTimersByTimeAsync(1000);
    await late;
    expect(publication.isAcknowledged).toBe(false);
  });

  it('sends several that come at once as one', async () => {
    const { publication, sent } = aPublication();
    publication.join();
    for (let i = 0; i < 3; i++) publication.publish();
    await Promise.resolve();
    publication.publish();
    await Promise.resolve();
    expect(sent).toEqual([3, 4]);
  });
});
