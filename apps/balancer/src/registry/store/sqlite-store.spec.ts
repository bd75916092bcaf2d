// The store over real files in a temporary folder.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadBalancerConfig, registryFileOf } from '../../config/balancer.config.js';
import { storeOf } from './configured-store.js';
import { aBackend } from './store.fixture.js';
import { StoredFleet } from './stored-fleet.js';

describe('SqliteStore', () => {
  let folder: string;
  let path: string;
  let warnings: string[];
  const fleets: StoredFleet[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-store-'));
    path = join(folder, 'registry.sqlite');
    warnings = [];
    vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => void warnings.push(String(message)));
    vi.spyOn(Logger.prototype, 'log').mockImplementation(() => {});
  });

  afterEach(async () => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    for (const fleet of fleets.splice(0)) await fleet.close();
    rmSync(folder, { recursive: true });
  });

  async function aFleet(env: Record<string, string> = {}): Promise<StoredFleet> {
    const fleet = await StoredFleet.open(storeOf(loadBalancerConfig({ REGISTRY_FILE: path, ...env })), 'balancer-1');
    fleets.push(fleet);
    return fleet;
  }

  const backendsOf = ({ contents }: StoredFleet) => contents.records.map(({ backend }) => backend);
  /** What another process would read from the file now. */
  const stored = async (env: Record<string, string> = {}) => backendsOf(await aFleet(env));
  const storedIds = async () => (await stored()).map(({ id }) => id);

  /** Creates a file with these backends. */
  async function aFileOf(...ids: string[]): Promise<void> {
    const fleet = await aFleet();
    for (const id of ids) fleet.changes.save(aBackend(id));
    await fleet.close();
  }

  function edit(sql: string): void {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
  }

  it('stores backends so that another process can load them while this one runs', async () => {
    const fleet = await aFleet();
    expect(backendsOf(fleet)).toEqual([]);
    const full = aBackend('disk-1', {
      pingPath: '/health',
      leaseSeconds: 2.5,
      labels: { zone: 'a' },
      capacity: Float64Array.of(0.1, 1e9),
    });
    full.registeredAt = new Date('2026-01-02T03:04:05.678Z');
    full.draining = { purpose: 'pause', completedAt: new Date(), withinSeconds: 300, disconnectsAt: Infinity };
    fleet.changes.save(full);
    expect(await stored()).toEqual([
      {
        id: 'disk-1',
        url: 'http://10.0.0.7:86',
        pool: 'default',
        capacity: Float64Array.of(0.1, 1e9),
        pingPath: '/health',
        leaseSeconds: 2.5,
        labels: { zone: 'a' },
        isPaused: true,
        drainSeconds: 300,
        registeredAt: new Date('2026-01-02T03:04:05.678Z'),
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it.each([
    'http://10.0.0.7:80',
    'http://[::1]:5453',
    'http://cpu_1.fleet:80',
    `http://h:80/a%20b;c/${'x'.repeat(900)}`,
  ])('stores a backend whose id is its url: %s', async (url) => {
    const fleet = await aFleet();
    fleet.changes.save(aBackend(url, { url }));
    expect(await stored()).toMatchObject([
      { id: url, url, pingPath: undefined, leaseSeconds: undefined, isPaused: false },
    ]);
  });

  it('stores the newest backend of an id and of an address, and no removed one', async () => {
    const fleet = await aFleet();
    fleet.changes.save(aBackend('a', { url: 'http://h:1' }));
    fleet.changes.save(aBackend('b', { url: 'http://h:2' }));
    fleet.changes.save(aBackend('c', { url: 'http://h:3' }));
    fleet.changes.save(aBackend('a', { url: 'http://h:2' }));
    fleet.changes.remove('c', 'left');
    fleet.changes.remove('unknown', 'left');
    for (const id of ['a', 'c', 'unknown']) expect(await fleet.changes.whenSettled(id)).toEqual({ kind: 'stored' });
    expect(await stored()).toMatchObject([{ id: 'a', url: 'http://h:2' }]);
  });

  it('reads resources by name, in any order of RESOURCES', async () => {
    await aFileOf('a');
    expect((await stored({ RESOURCES: 'storage,compute' }))[0].capacity).toEqual(Float64Array.of(36, 20));
  });

  it('skips invalid rows with a warning, and leaves them in the file', async () => {
    await aFileOf('a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff');
    edit(`UPDATE backends SET url = 'file:///etc' WHERE id = 'bb';
      UPDATE backends SET resources = '{"compute":' WHERE id = 'ccc';
      UPDATE backends SET resources = '{"compute":1,"gpu":2}' WHERE id = 'dddd';
      UPDATE backends SET registered_at = 'yesterday' WHERE id = 'eeeee';
      UPDATE backends SET is_paused = 7 WHERE id = 'ffffff'`);
    expect(await storedIds()).toEqual(['a']);
    expect(warnings).toEqual([
      `${path}: backend "bb" is skipped: url must be an http or https URL`,
      `${path}: backend "ccc" is skipped: resources must be JSON`,
      `${path}: backend "dddd" is skipped: resources.gpu is unknown: this fleet's resources are compute, storage`,
      `${path}: backend "ffffff" is skipped: is_paused must be 0 or 1`,
      `${path}: backend "eeeee" is skipped: registered_at must be a time in UTC`,
    ]);
    expect((await stored({ RESOURCES: 'compute,gpu' })).map(({ id }) => id)).toEqual(['dddd']);
  });

  it('creates the folder', async () => {
    path = join(folder, 'deep', 'er', 'registry.sqlite');
    await aFileOf('a');
    expect(await storedIds()).toEqual(['a']);
  });

  const text = (bytes: number) => () => writeFileSync(path, 'no database '.repeat(1000).slice(0, bytes));
  const damages: [what: string, damage: () => Promise<void> | void, problem: string][] = [
    ['a few bytes of text', text(5), 'is damaged or no database (file is not a database)'],
    ['a page of text', text(4096), 'is damaged or no database (file is not a database)'],
    [
      'a database that was overwritten in part',
      async () => {
        await aFileOf('a', 'bb');
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0x41, 1000, bytes.length - 10));
      },
      'is damaged or no database (database disk image is malformed)',
    ],
    [
      'a truncated file',
      async () => {
        await aFileOf('a');
        writeFileSync(path, readFileSync(path).subarray(0, 4096));
      },
      'is damaged or no database (database disk image is malformed)',
    ],
    [
      'a newer version',
      async () => {
        await aFileOf('a');
        edit('PRAGMA user_version = 2; ALTER TABLE backends ADD COLUMN zone TEXT');
      },
      "has version 2, newer than this program's 1",
    ],
  ];

  it.each(damages)('moves %s aside unchanged, and creates a new file', async (_, damage, problem) => {
    await damage();
    const bytes = readFileSync(path);
    const fleet = await aFleet();
    expect(backendsOf(fleet)).toEqual([]);
    const aside = readdirSync(folder).find((name) => /\.corrupt-[0-9-]+T\d{6}\.\d{3}Z$/.test(name))!;
    expect(warnings).toEqual([
      `the registry file ${path} ${problem}: it was moved to ${join(folder, aside)}, and a new one was created`,
    ]);
    expect(readFileSync(join(folder, aside))).toEqual(bytes);
    fleet.changes.save(aBackend('new'));
    expect(await storedIds()).toEqual(['new']);
  });

  it('moves the journal aside with its file', async () => {
    writeFileSync(path, 'text');
    writeFileSync(`${path}-wal`, 'journal');
    await aFleet();
    const aside = readdirSync(folder).find((name) => name.endsWith('Z-wal'))!;
    expect(readFileSync(join(folder, aside), 'utf8')).toBe('journal');
  });

  it("does not touch another program's database", async () => {
    edit('CREATE TABLE customers (name TEXT)');
    const bytes = readFileSync(path);
    const fleet = await aFleet();
    expect(backendsOf(fleet)).toEqual([]);
    fleet.changes.save(aBackend('a'));
    expect(warnings).toEqual([
      `${path} cannot be opened: ${path} is another program's database; the registry is kept in memory only`,
    ]);
    expect(readFileSync(path)).toEqual(bytes);
  });

  it.each([
    ['its path is a folder', () => mkdirSync(path), /unable to open database file/],
    [
      'the path of its folder is a file',
      () => (path = join(import.meta.filename, 'x')),
      /unable to open database file/,
    ],
    ['its folder cannot be created', () => (path = '/proc/fairlead/registry.sqlite'), /ENOENT/],
  ])('keeps the registry in memory, with one warning, when %s', async (_, prepare, reason) => {
    prepare();
    const fleet = await aFleet();
    expect(backendsOf(fleet)).toEqual([]);
    for (const id of ['a', 'bb']) fleet.changes.save(aBackend(id));
    fleet.changes.remove('a', 'left');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(reason);
    expect(warnings[0]).toMatch(/cannot be opened: .*; the registry is kept in memory only$/);
  });

  it('warns once that the file cannot be written, and writes the pending changes when it can be', async () => {
    vi.useFakeTimers();
    const fleet = await aFleet();
    for (const id of ['a', 'bb']) fleet.changes.save(aBackend(id));
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    fleet.changes.save(aBackend('ccc'));
    fleet.changes.save(aBackend('dddd'));
    fleet.changes.remove('a', 'left');
    fleet.changes.remove('dddd', 'left');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(warnings).toEqual([
      `${path} cannot be written: database is locked; the registry is kept in memory until the file can be written again`,
    ]);
    other.exec('ROLLBACK');
    other.close();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await storedIds()).toEqual(['bb', 'ccc']);
    expect(warnings).toHaveLength(1);
  });

  it('reads a file that it cannot write', async () => {
    await aFileOf('a');
    // A connection that holds the write lock stands in for a read-only disk; root may write anywhere.
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    expect(await storedIds()).toEqual(['a']);
    expect(warnings).toHaveLength(1);
    other.close();
  });

  it('loads what was committed before a crash during a commit', async () => {
    const fleet = await aFleet();
    fleet.changes.save(aBackend('a'));
    // A copy of the file and its journal, with half a commit at its end, while the first process has it open.
    const copy = join(folder, 'copy.sqlite');
    writeFileSync(copy, readFileSync(path));
    writeFileSync(`${copy}-wal`, readFileSync(`${path}-wal`));
    appendFileSync(`${copy}-wal`, Buffer.alloc(2000, 7));
    path = copy;
    expect(await storedIds()).toEqual(['a']);
    expect(warnings).toEqual([]);
  });

  it('stores nothing with REGISTRY_FILE=none, nor at port 0 with {port} in the path', async () => {
    const config = (REGISTRY_FILE: string, CONTROL_PLANE_PORT = '9797') =>
      loadBalancerConfig({ REGISTRY_FILE, CONTROL_PLANE_PORT });
    expect(registryFileOf(config(''))).toBe('fairlead-registry-9797.sqlite');
    expect(registryFileOf(config('', '0'))).toBeUndefined();
    expect(registryFileOf(config('/var/registry.sqlite', '0'))).toBe('/var/registry.sqlite');
    expect(registryFileOf(config('none'))).toBeUndefined();
    const fleet = await aFleet({ REGISTRY_FILE: 'none' });
    fleet.changes.save(aBackend('a'));
    expect(existsSync(path)).toBe(false);
  });
});
