// The secret of hashes of what clients send, kept in the registry file. A file of an earlier version has none.
import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { HashKey } from '@fairlead/scheduling';

const NAME = 'hash-key';
const BYTES = 8;

/** Versions without this table read and write a file that has it. */
const TABLE = 'CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT';

/** A key for a process without a file, and for a new file. */
export function randomHashKey(): HashKey {
  return keyFrom(randomBytes(BYTES));
}

/** The key that the file has; undefined without a valid one. */
export function readHashKey(database: DatabaseSync): HashKey | undefined {
  if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'settings'").get() === undefined) return undefined;
  const value = database.prepare('SELECT value FROM settings WHERE name = ?').get(NAME)?.value;
  return value instanceof Uint8Array && value.length === BYTES ? keyFrom(value) : undefined;
}

/** Returns the key that the file has; saves `key` in a file without a valid one. Call it in a transaction that writes. */
export function keepHashKey(database: DatabaseSync, key: HashKey): HashKey {
  database.exec(TABLE);
  const kept = readHashKey(database);
  if (kept) return kept;
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  key.forEach((word, i) => view.setUint32(4 * i, word, true));
  database.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)').run(NAME, bytes);
  return key;
}

function keyFrom(bytes: Uint8Array): HashKey {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [view.getUint32(0, true), view.getUint32(4, true)];
}
