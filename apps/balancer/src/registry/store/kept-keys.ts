// Secrets that are kept with the registry, so that clients stay on their backends over a restart, and those that stand in for
// them. A registry file of an earlier version has none.
import { hkdfSync, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { HashKey } from '@fairlead/scheduling';

/** The secrets of one balancer, or of those that share a registry. */
export interface KeptKeys {
  /** Of hashes of what clients send. */
  readonly hash: HashKey;
  /** Of stickiness cookies; hexadecimal digits unless it is configured. */
  readonly cookie: string;
}

const HASH_BYTES = 8;
const COOKIE_BYTES = 32;

/** Versions without this table read and write a file that has it. */
const TABLE = 'CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT';

/** Keys for a process without a file, and for a new file. */
export function randomKeys(): KeptKeys {
  return { hash: hashKeyFrom(randomBytes(HASH_BYTES)), cookie: randomBytes(COOKIE_BYTES).toString('hex') };
}

/** The keys of all balancers with the same STICKINESS_KEY. That of hashes does not give the secret away (HKDF, RFC 5869). */
export function keysOfSecret(secret: string): KeptKeys {
  const bytes = new Uint8Array(hkdfSync('sha256', secret, '', 'fairlead hash key', HASH_BYTES));
  return { hash: hashKeyFrom(bytes), cookie: secret };
}

/** The keys that the file has, and those of `fallback` in place of others. */
export function readKeys(database: DatabaseSync, fallback: KeptKeys): KeptKeys {
  if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'settings'").get() === undefined) return fallback;
  const hash = valueOf(database, 'hash-key', HASH_BYTES);
  const cookie = valueOf(database, 'cookie-key', COOKIE_BYTES);
  return {
    hash: hash ? hashKeyFrom(hash) : fallback.hash,
    cookie: cookie ? Buffer.from(cookie).toString('hex') : fallback.cookie,
  };
}

/** Saves in the file those of `keys` that it lacks, and returns those that it has then. Call it in a transaction that writes. */
export function keepKeys(database: DatabaseSync, keys: KeptKeys): KeptKeys {
  database.exec(TABLE);
  const kept = readKeys(database, keys);
  save(database, 'hash-key', bytesOf(kept.hash));
  save(database, 'cookie-key', Buffer.from(kept.cookie, 'hex'));
  return kept;
}

/** Keys in hexadecimal digits. */
export interface HexKeys {
  readonly hash: string;
  readonly cookie: string;
}

/** Keys as a store keeps them that has only text. */
export function keysToHex({ hash, cookie }: KeptKeys): HexKeys {
  return { hash: Buffer.from(bytesOf(hash)).toString('hex'), cookie };
}

/** Undefined where these are no keys. */
export function keysFromHex({ hash, cookie }: HexKeys): KeptKeys | undefined {
  if (!isHex(hash, HASH_BYTES) || !isHex(cookie, COOKIE_BYTES)) return undefined;
  return { hash: hashKeyFrom(Buffer.from(hash, 'hex')), cookie };
}

function isHex(text: string, bytes: number): boolean {
  return text.length === 2 * bytes && /^[0-9a-f]*$/.test(text);
}

function save(database: DatabaseSync, name: string, value: Uint8Array): void {
  database.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)').run(name, value);
}

/** The value with a name; undefined without a valid one. */
function valueOf(database: DatabaseSync, name: string, bytes: number): Uint8Array | undefined {
  const value = database.prepare('SELECT value FROM settings WHERE name = ?').get(name)?.value;
  return value instanceof Uint8Array && value.length === bytes ? value : undefined;
}

function hashKeyFrom(bytes: Uint8Array): HashKey {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [view.getUint32(0, true), view.getUint32(4, true)];
}

function bytesOf(key: HashKey): Uint8Array {
  const bytes = new Uint8Array(HASH_BYTES);
  const view = new DataView(bytes.buffer);
  key.forEach((word, i) => view.setUint32(4 * i, word, true));
  return bytes;
}
