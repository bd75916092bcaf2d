// The registry's file: its permissions, and files of earlier versions.
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { HashKey } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../../config/balancer.config.js';
import type { BackendSpec } from '../backend.js';
import { storeOf } from './configured-store.js';
import { aBackend as backendAt } from './store.fixture.js';
import { StoredFleet } from './stored-fleet.js';

let folder: string;
let path: string;
let umask: number;
const fleets: StoredFleet[] = [];

beforeEach(() => {
  umask = process.umask(0);
  folder = mkdtempSync(join(tmpdir(), 'fairlead-file-'));
  path = join(folder, 'registry.sqlite');
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const fleet of fleets.splice(0)) await fleet.close();
  rmSync(folder, { recursive: true });
  process.umask(umask);
});

function aBackend(id: string, more: Partial<BackendSpec> = {}) {
  return backendAt(id, { url: `http://${id}:80`, ...more });
}

async function aFleet(): Promise<StoredFleet> {
  const fleet = await StoredFleet.open(storeOf(loadBalancerConfig({ REGISTRY_FILE: path })), 'balancer-1');
  fleets.push(fleet);
  return fleet;
}

/** A fleet of these backends, whose file is still open. */
async function aFleetOf(...ids: string[]): Promise<StoredFleet> {
  const fleet = await aFleet();
  for (const id of ids) fleet.changes.save(aBackend(id));
  return fleet;
}

function edit(sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

/** What another process would read from the file now. */
const stored = async () => (await aFleet()).contents.records.map(({ backend }) => backend);
const storedIds = async () => (await stored()).map(({ id }) => id);
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);
/** Of the file and its journal. */
const modes = () => ['', '-shm', '-wal'].map((suffix) => modeOf(path + suffix));

describe('the registry file', () => {
  it('can be read by its owner alone, and so can its journal', async () => {
    await aFleetOf('a');
    expect(modes()).toEqual(['600', '600', '600']);
  });

  it('loses the permissions of others where it exists already, and so does its journal', async () => {
    await aFleetOf('a');
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o664);
    expect(await storedIds()).toEqual(['a']);
    expect(modes()).toEqual(['600', '600', '600']);
  });

  it('loses them when it is damaged too', async () => {
    writeFileSync(path, 'text', { mode: 0o644 });
    await aFleet();
    const aside = readdirSync(folder).find((name) => name.includes('.corrupt-'))!;
    expect(modeOf(join(folder, aside))).toBe('600');
  });

  it('keeps them when it is the database of another program', async () => {
    edit('CREATE TABLE customers (name TEXT)');
    chmodSync(path, 0o664);
    await aFleet();
    expect(modeOf(path)).toBe('664');
  });

  it('gets the columns that a file of an earlier version lacks, and that version still writes it', async () => {
    await (await aFleetOf('old')).close();
    edit('ALTER TABLE backends DROP COLUMN registered_from; ALTER TABLE backends DROP COLUMN secret_hash');
    const fleet = await aFleet();
    expect(fleet.contents.records.map(({ backend }) => backend)).toMatchObject([
      { id: 'old', registeredFrom: undefined, secretHash: undefined },
    ]);
    const secretHash = 'ab'.repeat(32);
    fleet.changes.save(aBackend('new', { registeredFrom: '10.0.0.9', secretHash }));
    expect(await stored()).toMatchObject([
      { id: 'old', registeredFrom: undefined },
      { id: 'new', registeredFrom: '10.0.0.9', secretHash },
    ]);
    edit(`INSERT OR REPLACE INTO backends (id, url, resources, labels, is_paused, registered_at)
      VALUES ('older', 'http://h:2', '{"compute":1,"storage":1}', '{}', 0, '2026-01-02T03:04:05.678Z')`);
    expect((await storedIds()).toSorted()).toEqual(['new', 'old', 'older']);
  });
});

/** The table before there were pools, when an address was unique. */
const WITHOUT_POOLS = `
  DROP TABLE backends;
  CREATE TABLE backends (
    id TEXT PRIMARY KEY, url TEXT NOT NULL UNIQUE, resources TEXT NOT NULL, ping_path TEXT, lease_seconds REAL,
    max_in_flight INTEGER, labels TEXT NOT NULL, is_paused INTEGER NOT NULL, registered_at TEXT NOT NULL
  ) STRICT;
  INSERT INTO backends (id, url, resources, labels, is_paused, registered_at)
    VALUES ('old', 'http://h:1', '{"compute":1,"storage":2}', '{"zone":"a"}', 1, '2026-01-02T03:04:05.678Z')`;

describe('a file of a version without pools', () => {
  it('keeps its backends in the default pool, and then has an address in several pools', async () => {
    await (await aFleetOf()).close();
    edit(WITHOUT_POOLS);
    const fleet = await aFleet();
    expect(fleet.contents.records.map(({ backend }) => backend)).toMatchObject([
      { id: 'old', pool: 'default', labels: { zone: 'a' }, isPaused: true },
    ]);
    fleet.changes.save(aBackend('new', { url: 'http://h:1', pool: 'reports' }));
    await fleet.close();
    const before = {
      capacity: Float64Array.of(1, 2),
      isPaused: true,
      registeredAt: new Date('2026-01-02T03:04:05.678Z'),
    };
    expect(await stored()).toMatchObject([
      { id: 'old', url: 'http://h:1', pool: 'default', ...before },
      { id: 'new', url: 'http://h:1', pool: 'reports' },
    ]);
  });

  it('can be read where it cannot be written', async () => {
    await (await aFleetOf()).close();
    edit(WITHOUT_POOLS);
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    expect(await storedIds()).toEqual(['old']);
    other.close();
  });

  it('still replaces a backend at an address in the same pool', async () => {
    const fleet = await aFleetOf();
    fleet.changes.save(aBackend('a', { url: 'http://h:1', pool: 'reports' }));
    fleet.changes.save(aBackend('b', { url: 'http://h:1', pool: 'reports' }));
    expect(await storedIds()).toEqual(['b']);
  });
});

describe('the key of hashes', () => {
  /** Of a process that starts with the file. */
  async function hashKey(): Promise<HashKey> {
    const fleet = await aFleet();
    await fleet.close();
    return fleet.contents.keys.hash;
  }

  it('is that of the file, and each file has its own', async () => {
    const key = await hashKey();
    expect([await hashKey(), await hashKey()]).toEqual([key, key]);
    path = join(folder, 'other.sqlite');
    expect(await hashKey()).not.toEqual(key);
  });

  it('comes to a file of an earlier version, and takes the place of one that is no key', async () => {
    await (await aFleetOf('a')).close();
    const sqls = ['DROP TABLE settings', "UPDATE settings SET value = x'00'", 'DELETE FROM settings'];
    const keys: string[] = [];
    for (const sql of sqls) {
      edit(sql);
      const key = await hashKey();
      expect(await hashKey()).toEqual(key);
      keys.push(key.join());
    }
    expect(new Set(keys).size).toBe(3);
    expect(await storedIds()).toEqual(['a']);
  });

  it('is read from a file that cannot be written', async () => {
    const key = await hashKey();
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    expect((await aFleet()).contents.keys.hash).toEqual(key);
    other.close();
  });

  it('is random without a file', async () => {
    const keys = [1, 2].map(() => storeOf(loadBalancerConfig({ REGISTRY_FILE: 'none' })).read());
    const [first, second] = await Promise.all(keys);
    expect(first.keys.hash).not.toEqual(second.keys.hash);
  });
});
