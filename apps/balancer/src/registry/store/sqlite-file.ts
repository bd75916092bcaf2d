// Opens the registry's SQLite file. A file that cannot be read as a registry is moved aside, never deleted.
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SHARES } from './sqlite-shares.js';

/** Raised with each change of the table. This program does not read files of a newer version. */
const SCHEMA_VERSION = 1;

/** "Flea" in ASCII: distinguishes a registry from another program's database. */
const APPLICATION_ID = 0x46_6c_65_61;

/** One address is one backend of a pool: saving a backend at the address of another one replaces both rows. */
const TABLE = `
  CREATE TABLE backends (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    resources TEXT NOT NULL,
    ping_path TEXT,
    lease_seconds REAL,
    max_in_flight INTEGER,
    labels TEXT NOT NULL,
    is_paused INTEGER NOT NULL,
    registered_at TEXT NOT NULL,
    registered_from TEXT,
    secret_hash TEXT,
    pool TEXT NOT NULL DEFAULT 'default',
    format INTEGER NOT NULL DEFAULT 1,
    version INTEGER NOT NULL DEFAULT 1,
    incarnation TEXT NOT NULL DEFAULT '',
    is_leaving INTEGER NOT NULL DEFAULT 0,
    changed_by TEXT NOT NULL DEFAULT '',
    drain_seconds REAL,
    UNIQUE (pool, url)
  ) STRICT`;

/** Columns that files of earlier versions lack; those versions read and write a file that has them. */
const LATER_COLUMNS = {
  registered_from: 'TEXT',
  secret_hash: 'TEXT',
  format: 'INTEGER NOT NULL DEFAULT 1',
  version: 'INTEGER NOT NULL DEFAULT 1',
  incarnation: "TEXT NOT NULL DEFAULT ''",
  is_leaving: 'INTEGER NOT NULL DEFAULT 0',
  changed_by: "TEXT NOT NULL DEFAULT ''",
  drain_seconds: 'REAL',
} as const;

/** The last version that was given to a record; versions without this table read and write a file that has it. */
const CHANGES = `
  CREATE TABLE IF NOT EXISTS changes (last INTEGER NOT NULL) STRICT;
  INSERT INTO changes (last) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM changes)`;

/** Before there were pools, an address was unique. SQLite changes a constraint only with a new table. */
const WITH_POOLS = `
  ALTER TABLE backends RENAME TO backends_without_pools;
  ${TABLE};
  INSERT INTO backends (id, url, resources, ping_path, lease_seconds, max_in_flight, labels, is_paused, registered_at,
      registered_from, secret_hash)
    SELECT id, url, resources, ping_path, lease_seconds, max_in_flight, labels, is_paused, registered_at,
      registered_from, secret_hash
    FROM backends_without_pools;
  DROP TABLE backends_without_pools`;

/** The owner alone: the file has addresses, labels and hashes of secrets of the fleet. */
const OWNER_ONLY = 0o600;
/** SQLite keeps the journal beside the file. */
const SUFFIXES = ['', '-wal', '-shm'];

/** Busy timeout while opening: another process may be recovering the journal after a crash. */
const OPENING_BUSY_MS = 2_000;

/** Busy timeout while serving: it blocks the event loop, and a write takes less than a millisecond. */
const RUNNING_BUSY_MS = 100;

/** Result codes for a damaged file and for one that is no database. Source: https://www.sqlite.org/rescode.html */
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** The file exists, and is no registry that this program can read. */
class UnusableFileError extends Error {}

/**
 * Opens `path`; creates it and its folder where they are missing. A damaged file and one of a newer version are moved
 * aside with a call of `warn`, and a new file is created.
 *
 * @throws when no file can be opened there, or it is another program's database, which is not touched.
 */
export function openRegistryFile(path: string, warn: (message: string) => void): DatabaseSync {
  makeFolder(dirname(resolve(path)));
  let aside: string | undefined;
  try {
    return open(path, (error) => {
      if (isUnusable(error)) aside = setAside(path);
    });
  } catch (error) {
    if (aside === undefined) throw error;
    const problem = isDamage(error) ? `is damaged or no database (${reasonOf(error)})` : reasonOf(error);
    warn(`the registry file ${path} ${problem}: it was moved to ${aside}, and a new one was created`);
    return open(path, () => {});
  }
}

/** The message of an error, without "Error:" before it. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Writes a value that the file has already. @throws when the disk cannot be written. */
export function testWrite(database: DatabaseSync): void {
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
}

/** Gives the tables of an earlier version the form of this one. Call it in a transaction that writes. */
export function upgradeTables(database: DatabaseSync): void {
  const present = new Set(
    database
      .prepare('PRAGMA table_info(backends)')
      .all()
      .map(({ name }) => name),
  );
  for (const [name, type] of Object.entries(LATER_COLUMNS)) {
    if (!present.has(name)) database.exec(`ALTER TABLE backends ADD COLUMN ${name} ${type}`);
  }
  if (!present.has('pool')) database.exec(WITH_POOLS);
  database.exec(CHANGES);
  database.exec(SHARES);
}

/** Creates the file if it is missing, readable by its owner alone; SQLite gives its journal the same permissions. */
function createFile(path: string): void {
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'a', OWNER_ONLY));
  } catch {
    // SQLite cannot open it either, and says so.
  }
}

/** Takes the permissions of everyone but the owner from the file and its journal. */
function restrict(path: string): void {
  for (const file of SUFFIXES.map((suffix) => path + suffix).filter(existsSync)) {
    const { mode } = statSync(file);
    if ((mode & 0o777 & ~OWNER_ONLY) !== 0) chmodSync(file, mode & OWNER_ONLY);
  }
}

/** `mkdirSync` with `recursive` never returns where a parent exists and takes no folders, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have created it in the meantime.
    if (!existsSync(path)) throw error;
  }
}

/** Calls `onFault` before closing, which would write the journal into the file and delete it. */
function open(path: string, onFault: (error: unknown) => void): DatabaseSync {
  createFile(path);
  const database = new DatabaseSync(path, { timeout: OPENING_BUSY_MS });
  try {
    checkOwner(database, path);
    restrict(path);
    if (numberFrom(database, 'user_version') === 0) create(database);
    // NORMAL in WAL mode: a commit is not synced, so it survives a crash of the process but not a power cut.
    database.exec(`PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = ${RUNNING_BUSY_MS}`);
    return database;
  } catch (error) {
    try {
      onFault(error);
    } finally {
      database.close();
    }
    throw error;
  }
}

function checkOwner(database: DatabaseSync, path: string): void {
  const version = numberFrom(database, 'user_version');
  const isRegistry = numberFrom(database, 'application_id') === APPLICATION_ID;
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (!isRegistry && !isEmpty) throw new Error(`${path} is another program's database`);
  if (version > SCHEMA_VERSION) {
    throw new UnusableFileError(`has version ${version}, newer than this program's ${SCHEMA_VERSION}`);
  }
  const result = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (result !== 'ok') throw new UnusableFileError(`is damaged (${String(result)})`);
}

/** Two processes may create the same file at once: the second one finds it complete. */
function create(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('BEGIN IMMEDIATE');
  if (numberFrom(database, 'user_version') === 0) {
    database.exec(`${TABLE}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
  }
  database.exec('COMMIT');
}

function numberFrom(database: DatabaseSync, pragma: 'user_version' | 'application_id'): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}

function isUnusable(error: unknown): boolean {
  return error instanceof UnusableFileError || isDamage(error);
}

/** The lower byte is the result code; the higher bytes extend it. */
function isDamage(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false;
  return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(error.errcode & 0xff);
}

/** Moves the journal with it, under the name that SQLite expects. */
function setAside(path: string): string {
  const aside = `${path}.corrupt-${new Date().toISOString().replaceAll(':', '')}`;
  for (const suffix of SUFFIXES) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  restrict(aside);
  return aside;
}
