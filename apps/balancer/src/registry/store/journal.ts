// Changes that a shared store could not take, kept in a SQLite file: a balancer that restarts while the store is away loses
// none of them.
import type { DatabaseSync } from 'node:sqlite';
import { Logger } from '@nestjs/common';
import type { ResourceSpace } from '@fairlead/scheduling';
import { z } from 'zod';
import type { ChangeBase, ChangeJournal, WantedChange } from './pending-change.js';
import { RecordFormat } from './record-format.js';
import { openRegistryFile, reasonOf } from './sqlite-file.js';

/**
 * A row is a record as JSON, or the removal of an incarnation, and what it was made on. `cluster` is that of the store that it
 * is meant for.
 */
const TABLE = `
  CREATE TABLE IF NOT EXISTS journal (
    cluster TEXT NOT NULL,
    id TEXT NOT NULL,
    record TEXT,
    removal TEXT,
    incarnation TEXT NOT NULL,
    base_version INTEGER,
    base_incarnation TEXT,
    epoch TEXT NOT NULL,
    kept_at TEXT NOT NULL,
    PRIMARY KEY (cluster, id)
  ) STRICT`;

const KEEP = `INSERT OR REPLACE INTO journal
  (cluster, id, record, removal, incarnation, base_version, base_incarnation, epoch, kept_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** What is older has been overtaken by what became of the fleet since. Milliseconds. */
const MAX_AGE_MS = 3_600_000;

const rowSchema = z.object({
  id: z.string(),
  record: z.string().nullable(),
  removal: z.string().nullable(),
  incarnation: z.string(),
  base_version: z.number().nullable(),
  base_incarnation: z.string().nullable(),
  epoch: z.string(),
  kept_at: z.iso.datetime(),
});

/** A change that was kept. */
export interface KeptChange {
  readonly id: string;
  readonly wanted: WantedChange;
  readonly base: ChangeBase;
}

export class Journal implements ChangeJournal {
  private readonly logger = new Logger('Registry');
  private readonly format: RecordFormat;
  private readonly database: DatabaseSync | undefined;
  private hasFailed = false;

  constructor(
    private readonly path: string,
    private readonly cluster: string,
    resources: ResourceSpace,
  ) {
    this.format = new RecordFormat(resources);
    this.database = this.open();
  }

  /** What an earlier process has kept. A row that cannot be read stays where it is, with a warning. */
  read(): KeptChange[] {
    const rows = this.database?.prepare('SELECT * FROM journal WHERE cluster = ?').all(this.cluster) ?? [];
    return rows.flatMap((row) => {
      try {
        return this.changeOf(row);
      } catch (error) {
        this.logger.warn(`${this.path}: the kept change of ${String(row.id)} is skipped: ${reasonOf(error)}`);
        return [];
      }
    });
  }

  keep(id: string, wanted: WantedChange, { known, epoch }: ChangeBase): void {
    const values =
      'record' in wanted
        ? [this.format.encode(wanted.record), null, wanted.record.incarnation]
        : [null, wanted.removal.reason, wanted.removal.incarnation];
    const base = [known?.version ?? null, known?.incarnation ?? null, epoch, new Date().toISOString()];
    this.write((database) => database.prepare(KEEP).run(this.cluster, id, ...values, ...base));
  }

  drop(id: string): void {
    this.write((database) =>
      database.prepare('DELETE FROM journal WHERE cluster = ? AND id = ?').run(this.cluster, id),
    );
  }

  close(): void {
    this.database?.close();
  }

  private open(): DatabaseSync | undefined {
    try {
      const database = openRegistryFile(this.path, (message) => this.logger.warn(message));
      database.exec(TABLE);
      return database;
    } catch (error) {
      this.warn(error);
      return undefined;
    }
  }

  /** Without the file, changes are kept in memory. */
  private write(change: (database: DatabaseSync) => void): void {
    if (!this.database?.isOpen) return;
    try {
      change(this.database);
      this.hasFailed = false;
    } catch (error) {
      this.warn(error);
    }
  }

  private warn(error: unknown): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    const meanwhile = 'changes that the registry cannot take are kept in memory only';
    this.logger.warn(`${this.path} cannot be written: ${reasonOf(error)}; ${meanwhile}`);
  }

  /** None where it is too old. */
  private changeOf(row: unknown): KeptChange[] {
    const { id, record, removal, incarnation, base_version: version, epoch, ...more } = rowSchema.parse(row);
    if (Date.now() - Date.parse(more.kept_at) > MAX_AGE_MS) {
      this.logger.warn(`${this.path}: the change of ${id} that was kept at ${more.kept_at} is too old: it is dropped`);
      this.drop(id);
      return [];
    }
    const known = version === null ? undefined : { version, incarnation: more.base_incarnation ?? '' };
    const base = { known, epoch };
    if (record === null) return [{ id, wanted: { removal: { reason: removal ?? '', incarnation } }, base }];
    return [{ id, wanted: { record: this.format.decodeNew(id, record) }, base }];
  }
}
