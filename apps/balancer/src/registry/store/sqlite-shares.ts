// The shares of balancers in the registry's SQLite file.
import type { DatabaseSync } from 'node:sqlite';
import { MAX_SHARE_AGE_SECONDS, MAX_SHARE_LENGTH, newestShares, shareOf, type StoredShare } from './shares.js';

/** Versions without this table read and write a file that has it. Times are seconds since 1970. */
export const SHARES = `
  CREATE TABLE IF NOT EXISTS shares (balancer TEXT PRIMARY KEY, written_at REAL NOT NULL, text TEXT NOT NULL) STRICT`;

/** Keeps a share, and forgets those that are too old. Call it in a transaction. */
export function writeShare(database: DatabaseSync, balancer: string, text: string, nowSeconds: number): void {
  database.prepare('DELETE FROM shares WHERE written_at < ?').run(nowSeconds - MAX_SHARE_AGE_SECONDS);
  const store = database.prepare('INSERT OR REPLACE INTO shares (balancer, written_at, text) VALUES (?, ?, ?)');
  store.run(balancer, nowSeconds, text);
}

/** The shares in the file, the newest first. */
export function readShares(database: DatabaseSync, nowSeconds: number): readonly StoredShare[] {
  const rows = database
    .prepare("SELECT balancer, written_at, iif(length(text) > ?, '', text) AS text FROM shares")
    .all(MAX_SHARE_LENGTH);
  return newestShares(
    rows.map((row) => shareOf(String(row.balancer), String(row.text), nowSeconds - Number(row.written_at))),
  );
}
