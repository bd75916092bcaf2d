// The registry's file: its permissions, and files of earlier versions.
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { HashKey } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig } from '../../config/balancer.config.js';
import { newBackend, type BackendSpec } from '../backend.js';
import { RegistryStore } from './registry-store.js';

const PLAIN = { pool: 'default', pingPath: undefined, leaseSeconds: undefined, labels: {}, maxInFlight: undefined };

let folder: string;
let path: string;
let umask: number;
const stores: RegistryStore[] = [];

beforeEach(() => {
  umask = process.umask(0);
  folder = mkdtempSync(join(tmpdir(), 'fairlead-file-'));
  path = join(folder, 'registry.sqlite');
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
  for (const store of stores.splice(0)) store.close();
  rmSync(folder, { recursive: true });
  process.umask(umask);
});

function aBackend(id: string, more: Partial<BackendSpec> = {}) {
  return newBackend({ id, url: `http://${id}:80`, capacity: Float64Array.of(20, 36), ...PLAIN, ...more }, 0, 0);
}

function aStore(): RegistryStore {
  const store = new RegistryStore(loadBalancerConfig({ REGISTRY_FILE: path }));
  stores.push(store);
  return store;
}

/** A store with these backends, still open. */
function aStoreOf(...ids: string[]): RegistryStore {
  const store = aStore();
  store.load();
  for (const id of ids) store.save(aBackend(id));
  return store;
}

function edit(sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

const storedIds = () =>
  aStore()
    .load()
    .map(({ id }) => id);
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);
/** Of the file and its journal. */
const modes = () => ['', '-shm', '-wal'].map((suffix) => modeOf(path + suffix));

describe('the registry file', () => {
  it('can be read by its owner alone, and so can its journal', () => {
    aStoreOf('a');
    expect(modes()).toEqual(['600', '600', '600']);
  });

  it('loses the permissions of others where it exists already, and so does its journal', () => {
    aStoreOf('a');
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o664);
    expect(storedIds()).toEqual(['a']);
    expect(modes()).toEqual(['600', '600', '600']);
  });

  it('loses them when it is damaged too', () => {
    writeFileSync(path, 'text', { mode: 0o644 });
    aStore().load();
    const aside = readdirSync(folder).find((name) => name.includes('.corrupt-'))!;
    expect(modeOf(join(folder, aside))).toBe('600');
  });

  it('keeps them when it is the database of another program', () => {
    edit('CREATE TABLE customers (name TEXT)');
    chmodSync(path, 0o664);
    aStore().load();
    expect(modeOf(path)).toBe('664');
  });

  it('gets the columns that a file of an earlier version lacks, and that version still writes it', () => {
    aStoreOf('old').close();
    edit('ALTER TABLE backends DROP COLUMN registered_from; ALTER TABLE backends DROP COLUMN secret_hash');
    const store = aStore();
    expect(store.load()).toMatchObject([{ id: 'old', registeredFrom: undefined, secretHash: undefined }]);
    const secretHash = 'ab'.repeat(32);
    store.save(aBackend('new', { registeredFrom: '10.0.0.9', secretHash }));
    expect(aStore().load()).toMatchObject([
      { id: 'old', registeredFrom: undefined },
      { id: 'new', registeredFrom: '10.0.0.9', secretHash },
    ]);
    edit(`INSERT OR REPLACE INTO backends (id, url, resources, labels, is_paused, registered_at)
      VALUES ('older', 'http://h:2', '{"compute":1,"storage":1}', '{}', 0, '2026-01-02T03:04:05.678Z')`);
    expect(storedIds().toSorted()).toEqual(['new', 'old', 'older']);
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
  it('keeps its backends in the default pool, and then has an address in several pools', () => {
    aStoreOf().close();
    edit(WITHOUT_POOLS);
    const store = aStore();
    expect(store.load()).toMatchObject([{ id: 'old', pool: 'default', labels: { zone: 'a' }, isPaused: true }]);
    store.save(aBackend('new', { url: 'http://h:1', pool: 'reports' }));
    store.close();
    const before = {
      capacity: Float64Array.of(1, 2),
      isPaused: true,
      registeredAt: new Date('2026-01-02T03:04:05.678Z'),
    };
    expect(aStore().load()).toMatchObject([
      { id: 'old', url: 'http://h:1', pool: 'default', ...before },
      { id: 'new', url: 'http://h:1', pool: 'reports' },
    ]);
  });

  it('can be read where it cannot be written', () => {
    aStoreOf().close();
    edit(WITHOUT_POOLS);
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    expect(storedIds()).toEqual(['old']);
    other.close();
  });

  it('still replaces a backend at an address in the same pool', () => {
    const store = aStoreOf();
    store.save(aBackend('a', { url: 'http://h:1', pool: 'reports' }));
    store.save(aBackend('b', { url: 'http://h:1', pool: 'reports' }));
    expect(storedIds()).toEqual(['b']);
  });
});

describe('the key of hashes', () => {
  /** Of a process that starts with the file. */
  function hashKey(): HashKey {
    const store = aStore();
    store.load();
    store.close();
    return store.hashKey;
  }

  it('is that of the file, and each file has its own', () => {
    const key = hashKey();
    expect([hashKey(), hashKey()]).toEqual([key, key]);
    path = join(folder, 'other.sqlite');
    expect(hashKey()).not.toEqual(key);
  });

  it('comes to a file of an earlier version, and takes the place of one that is no key', () => {
    aStoreOf('a').close();
    const sqls = ['DROP TABLE settings', "UPDATE settings SET value = x'00'", 'DELETE FROM settings'];
    const keys = sqls.map((sql) => {
      edit(sql);
      const key = hashKey();
      expect(hashKey()).toEqual(key);
      return key.join();
    });
    expect(new Set(keys).size).toBe(3);
    expect(storedIds()).toEqual(['a']);
  });

  it('is read from a file that cannot be written', () => {
    const key = hashKey();
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const store = aStore();
    store.load();
    expect(store.hashKey).toEqual(key);
    other.close();
  });

  it('is random without a file', () => {
    const keys = [1, 2].map(() => new RegistryStore(loadBalancerConfig({ REGISTRY_FILE: 'none' })).hashKey);
    expect(keys[0]).not.toEqual(keys[1]);
  });
});
