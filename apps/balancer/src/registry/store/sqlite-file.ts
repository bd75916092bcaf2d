// Opens the registry's SQLite file. What cannot be read as a registry is moved aside, never deleted.
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Raised with each change of the table. A file of a newer one is not for this program. */
const SCHEMA_VERSION = 1;

/** "Flea" in ASCII: tells a registry from the database of some other program. */
const APPLICATION_ID = 0x46_6c_65_61;

/** One address is one backend: whoever is saved at the address of another takes the place of both rows. */
const TABLE = `
  CREATE TABLE backends (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    resources TEXT NOT NULL,
    ping_path TEXT,
    lease_seconds REAL,
    max_in_flight INTEGER,
    labels TEXT NOT NULL,
    is_paused INTEGER NOT NULL,
    registered_at TEXT NOT NULL
  ) STRICT`;

/** While a file is opened, another process may be recovering its journal after a kill. */
const OPENING_BUSY_MS = 2_000;

/** Traffic waits meanwhile: a writer of this file is done within a millisecond. */
const RUNNING_BUSY_MS = 100;

/** What SQLite calls a file that it cannot make sense of. Source: https://www.sqlite.org/rescode.html */
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** The file is there and no registry that this program can read. */
class UnusableFileError extends Error {}

/**
 * Opens `path`, and makes it and its folder where they are missing. A damaged file and one of a newer version are moved
 * aside, which `warn` is told of, and a new one is begun.
 *
 * @throws when there can be no file there, or it is another program's database, which is left alone.
 */
export function openRegistryFile(path: string, warn: (sentence: string) => void): DatabaseSync {
  makeFolder(dirname(resolve(path)));
  let aside: string | undefined;
  try {
    return open(path, (error) => {
      if (isUnusable(error)) aside = setAside(path);
    });
  } catch (error) {
    if (aside === undefined) throw error;
    const what = isDamage(error) ? `is no sound database (${reasonOf(error)})` : reasonOf(error);
    warn(`the registry file ${path} ${what}: it is kept as ${aside}, and a new one begun`);
    return open(path, () => {});
  }
}

/** What went wrong, without "Error:" before it. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Writes what is there already, to see whether the disk takes writes. @throws when it does not. */
export function probe(database: DatabaseSync): void {
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
}

/** Not by `mkdirSync`'s own `recursive`: where a parent is there and takes no folders, as in /proc, that never ends. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(path)) throw error;
  }
}

/** `onFault` comes before closing, which would bring the journal into the file and delete it. */
function open(path: string, onFault: (error: unknown) => void): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: OPENING_BUSY_MS });
  try {
    checkOwner(database, path);
    if (numberFrom(database, 'user_version') === 0) create(database);
    // NORMAL in WAL mode: a commit is not synced, so it outlives the process and not a power cut.
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
  if (!isRegistry && !isEmpty) throw new Error(`${path} is the database of another program`);
  if (version > SCHEMA_VERSION) {
    throw new UnusableFileError(`is of version ${version}, newer than this program's ${SCHEMA_VERSION}`);
  }
  const verdict = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (verdict !== 'ok') throw new UnusableFileError(`is damaged (${String(verdict)})`);
}

/** Two processes may begin the same file at once: the second finds it made. */
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

/** The lower byte is the code proper; what stands above it tells more. */
function isDamage(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false;
  return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(error.errcode & 0xff);
}

/** Its journal goes with it, under the name by which SQLite finds it again. */
function setAside(path: string): string {
  const aside = `${path}.corrupt-${new Date().toISOString().replaceAll(':', '')}`;
  renameSync(path, aside);
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}
