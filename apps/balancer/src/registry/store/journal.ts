// Changes that a shared store could not take, kept in a SQLite file: a balancer that restarts while the store is away loses
// none of them.
import type { DatabaseSync } from 'node:sqlite';
import { Logger } from '@nestjs/common';
import type { ResourceSpace } from '@fairlead/scheduling';
import { z } from 'zod';
import type { ChangeJournal, WantedChange } from './pending-changes.js';
import { RecordFormat } from './record-format.js';
import { openRegistryFile, reasonOf } from './sqlite-file.js';

/** A row is a record as JSON, or the removal of an incarnation. `cluster` is that of the store that it is meant for. */
const TABLE = `
  CREATE TABLE IF NOT EXISTS journal (
    cluster TEXT NOT NULL,
    id TEXT NOT NULL,
    record TEXT,
    removal TEXT,
    incarnation TEXT NOT NULL,
    PRIMARY KEY (cluster, id)
  ) STRICT`;

const KEEP = 'INSERT OR REPLACE INTO journal (cluster, id, record, removal, incarnation) VALUES (?, ?, ?, ?, ?)';

const rowSchema = z.object({
  id: z.string(),
  record: z.string().nullable(),
  removal: z.string().nullable(),
  incarnation: z.string(),
});

/** A change that was kept. */
export interface KeptChange {
  readonly id: string;
  readonly wanted: WantedChange;
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
        return [{ id: String(row.id), wanted: this.changeOf(row) }];
      } catch (error) {
        this.logger.warn(`${this.path}: the kept change of ${String(row.id)} is skipped: ${reasonOf(error)}`);
        return [];
      }
    });
  }

  keep(id: string, wanted: WantedChange): void {
    const values =
      'record' in wanted
        ? [this.format.encode(wanted.record), null, wanted.record.incarnation]
        : [null, wanted.removal.reason, wanted.removal.incarnation];
    this.write((database) => database.prepare(KEEP).run(this.cluster, id, ...values));
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

  private changeOf(row: unknown): WantedChange {
    const { id, record, removal, incarnation } = rowSchema.parse(row);
    if (record === null) return { removal: { reason: removal ?? '', incarnation } };
    return { record: this.format.decodeNew(id, record) };
  }
}
