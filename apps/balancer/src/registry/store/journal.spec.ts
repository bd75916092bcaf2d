import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../../config/balancer.config.js';
import { journalOf } from './configured-store.js';
import { aRecord } from './store.fixture.js';
import type { Journal } from './journal.js';

const BASE = { known: { version: 7, incarnation: '1000-b' }, epoch: 'first' };
const REMOVAL = { removal: { reason: 'left', incarnation: '1000-b' } };

describe('Journal', () => {
  let folder: string;
  let path: string;
  let warnings: string[];
  const open: Journal[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-journal-'));
    path = join(folder, 'registry.sqlite');
    warnings = [];
    vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => void warnings.push(String(message)));
  });
  afterEach(() => {
    for (const journal of open.splice(0)) journal.close();
    rmSync(folder, { recursive: true, force: true });
    vi.restoreAllMocks();
  });

  function aJournal(variables: Record<string, string> = {}): Journal {
    const environment = { REGISTRY_URL: 'redis://h', REGISTRY_FILE: path, ...variables };
    const journal = journalOf(loadBalancerConfig(environment));
    if (!journal) throw new Error('there is no journal');
    open.push(journal);
    return journal;
  }

  it('keeps the newest change of each backend over the end of the process', () => {
    const record = aRecord(
      'a',
      { leaseSeconds: 30, labels: { zone: 'a' } },
      { incarnation: '1000-a', isLeaving: true },
    );
    const journal = aJournal();
    journal.keep('a', { record: aRecord('a') }, BASE);
    journal.keep('a', { record }, { known: undefined, epoch: 'first' });
    journal.keep('b', REMOVAL, BASE);
    journal.keep('c', REMOVAL, BASE);
    journal.drop('c');
    expect(aJournal().read()).toEqual([
      { id: 'a', wanted: { record }, base: { known: undefined, epoch: 'first' } },
      { id: 'b', wanted: REMOVAL, base: BASE },
    ]);
  });

  it('has nothing of another cluster', () => {
    aJournal({ CLUSTER_ID: 'other' }).keep('a', REMOVAL, BASE);
    aJournal({ REGISTRY_PREFIX: 'other' }).keep('a', REMOVAL, BASE);
    expect(aJournal().read()).toEqual([]);
  });

  it('skips what it cannot read, with a warning, and leaves it there', () => {
    aJournal().keep('a', { record: aRecord('a') }, BASE);
    aJournal().keep('b', REMOVAL, BASE);
    const database = new DatabaseSync(path);
    database.exec(`UPDATE journal SET record = '{"format":1}' WHERE id = 'a'`);
    database.close();
    expect(
      aJournal()
        .read()
        .map(({ id }) => id),
    ).toEqual(['b']);
    expect(warnings).toEqual([
      expect.stringMatching(/registry\.sqlite: the kept change of a is skipped: incarnation /),
    ]);
  });

  it('drops what it has kept for more than an hour, with a warning', () => {
    aJournal().keep('a', REMOVAL, BASE);
    const database = new DatabaseSync(path);
    database.exec(`UPDATE journal SET kept_at = '2026-01-02T03:04:05.000Z'`);
    database.close();
    expect(aJournal().read()).toEqual([]);
    expect(warnings).toEqual([
      expect.stringContaining('the change of a that was kept at 2026-01-02T03:04:05.000Z is too old'),
    ]);
    expect(aJournal().read()).toEqual([]);
    expect(warnings).toHaveLength(1);
  });

  it('warns once where it cannot be written', () => {
    const journal = aJournal({ REGISTRY_FILE: '/proc/fairlead/registry.sqlite' });
    journal.keep('a', REMOVAL, BASE);
    journal.drop('a');
    expect(journal.read()).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(/cannot be written: .*; changes that .* are kept in memory only$/),
    ]);
  });

  it.each([{ REGISTRY_FILE: 'none' }, { REGISTRY_URL: undefined }])('there is none with %j', (variables) => {
    expect(
      journalOf(loadBalancerConfig({ REGISTRY_URL: 'redis://h', REGISTRY_FILE: path, ...variables })),
    ).toBeUndefined();
  });
});
