import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Publication } from './snapshot-acknowledgement.js';

describe('the publication of snapshots', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function aPublication() {
    const sent: number[] = [];
    const publication: Publication = new Publication(() => void sent.push(publication.version));
    return { publication, sent };
  }

  it('is current at once while nobody else places', async () => {
    const { publication, sent } = aPublication();
    publication.add();
    expect(publication.isCurrent).toBe(true);
    await publication.current();
    expect(sent).toEqual([]);
  });

  it('is current when all have taken the newest snapshot', async () => {
    const { publication } = aPublication();
    const [one, two] = [publication.join(), publication.join()];
    publication.add();
    const log: string[] = [];
    const current = publication.current().then(() => log.push('current'));
    one.took(1);
    await Promise.resolve();
    expect([publication.isCurrent, ...log]).toEqual([false]);
    two.took(1);
    await current;
    expect(publication.isCurrent).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits for the snapshot that there was, not for those that come after it', async () => {
    const { publication } = aPublication();
    const reader = publication.join();
    publication.add();
    const current = publication.current();
    publication.add();
    reader.took(1);
    await current;
    expect(publication.isCurrent).toBe(false);
  });

  it('waits for nobody who has left, and not for ever for anybody', async () => {
    const { publication } = aPublication();
    const [one, two] = [publication.join(), publication.join()];
    publication.add();
    const current = publication.current();
    two.took(1);
    one.leave();
    one.took(0);
    await current;
    publication.add();
    const late = publication.current();
    await vi.advanceTimersByTimeAsync(1000);
    await late;
    expect(publication.isCurrent).toBe(false);
  });

  it('sends several that come at once as one', async () => {
    const { publication, sent } = aPublication();
    publication.join();
    for (let i = 0; i < 3; i++) publication.add();
    await Promise.resolve();
    publication.add();
    await Promise.resolve();
    expect(sent).toEqual([3, 4]);
  });
});
