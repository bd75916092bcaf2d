// Keeps the registry in a SQLite file, so that a balancer knows its fleet after a crash. Each change is written before the
// method that makes it returns: node:sqlite is synchronous.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Logger } from '@nestjs/common';
import { monotonicSeconds } from '../../clock/monotonic.js';
import type { BalancerConfig } from '../../config/balancer.config.js';
import { keepKeys, randomKeys, readKeys } from './kept-keys.js';
import { LeaseTable } from './lease-table.js';
import { MemoryStore } from './memory-store.js';
import { RECORD_FORMAT, UnusableRecordError } from './record-format.js';
import {
  RegistryStore,
  StoreUnavailableError,
  type ChangeResult,
  type LapsedLeases,
  type NewRecord,
  type Renewal,
  type StoreContents,
  type StoredRecord,
  type Subscription,
  type UnusableRecord,
} from './registry-store.js';
import type { StoredShare } from './shares.js';
import { openRegistryFile, reasonOf, testWrite, upgradeTables } from './sqlite-file.js';
import { RowFormat, STORE_ROW } from './sqlite-rows.js';
import { readShares, writeShare } from './sqlite-shares.js';

/** A stored row, as far as a change needs it. */
interface PresentRow {
  readonly id: string;
  readonly version: number;
  readonly format: number;
}

/** The statements of changes, compiled once. */
interface Statements {
  readonly store: StatementSync;
  readonly present: StatementSync;
  readonly presentAt: StatementSync;
  readonly row: StatementSync;
  readonly remove: StatementSync;
  readonly nextVersion: StatementSync;
}

export class SqliteStore extends RegistryStore {
  readonly name: string;
  readonly isShared = false;
  readonly retryAfterMs = 5_000;

  private readonly logger = new Logger('Registry');
  private readonly format: RowFormat;
  private readonly leases: LeaseTable;
  private database: DatabaseSync | undefined;
  private statements: Statements | undefined;
  /** Takes the place of the file where that cannot be opened. */
  private fallback: MemoryStore | undefined;
  private keys = randomKeys();
  private hasBeenRead = false;

  constructor(
    private readonly path: string,
    { RESOURCES }: BalancerConfig,
    private readonly now: () => number = monotonicSeconds,
  ) {
    super();
    this.name = path;
    this.format = new RowFormat(RESOURCES);
    this.leases = new LeaseTable(now);
  }

  /** Opens the file the first time. Rows that cannot be used are skipped with a warning. */
  async read(): Promise<StoreContents> {
    const database = this.open();
    if (!database) return this.inMemory.read();
    const records: StoredRecord[] = [];
    const unusable: UnusableRecord[] = [];
    for (const row of database.prepare('SELECT * FROM backends ORDER BY registered_at, id').all()) {
      const record = this.recordFrom(row);
      if ('problem' in record) unusable.push(record);
      else records.push(record);
    }
    if (!this.hasBeenRead) {
      for (const { backend, incarnation } of records) this.leases.grant(backend.id, incarnation, backend.leaseSeconds);
    }
    this.hasBeenRead = true;
    // No other process counts on in this file: what it has is all that there is.
    const lastVersion = Math.max(0, ...records.map(({ version }) => version));
    return { records, unusable, keys: this.keys, epoch: '', lastVersion, position: '' };
  }

  async check(): Promise<void> {
    if (this.fallback) return;
    this.write((database) => testWrite(database));
  }

  async put(record: NewRecord, expected: number): Promise<ChangeResult> {
    if (this.fallback) return this.fallback.put(record, expected);
    const { id, pool, url, leaseSeconds } = record.backend;
    const result = this.write((_, statements) => {
      const present = statements.present.get(id) as PresentRow | undefined;
      // The row at this address is replaced as well: sqlite-file.ts.
      const other = statements.presentAt.get(pool, url, id) as PresentRow | undefined;
      if (isNewer(present) || isNewer(other)) return { kind: 'newer-format' } as const;
      if ((present?.version ?? 0) !== expected) return this.conflictWith(id, present, statements);
      const version = nextVersion(statements);
      statements.store.run(...this.format.valuesOf(record, version));
      return { kind: 'stored', version } as const;
    });
    if (result.kind === 'stored') this.leases.grant(id, record.incarnation, leaseSeconds);
    return result;
  }

  async remove(id: string, expected: number): Promise<ChangeResult> {
    if (this.fallback) return this.fallback.remove(id, expected);
    const result = this.write((_, statements) => {
      const present = statements.present.get(id) as PresentRow | undefined;
      if (isNewer(present)) return { kind: 'newer-format' } as const;
      if (present?.version !== expected) return this.conflictWith(id, present, statements);
      statements.remove.run(id);
      return { kind: 'stored', version: nextVersion(statements) } as const;
    });
    if (result.kind === 'stored') this.leases.end(id);
    return result;
  }

  async renew(leases: readonly Renewal[]): Promise<readonly string[]> {
    if (this.fallback) return this.fallback.renew(leases);
    return leases
      .filter(({ id, incarnation, leaseSeconds }) => !this.leases.renew(id, incarnation, leaseSeconds))
      .map(({ id }) => id);
  }

  async lapsed(): Promise<LapsedLeases> {
    return this.fallback ? this.fallback.lapsed() : this.leases.lapsed();
  }

  async removeLapsed(ids: readonly string[]): Promise<readonly string[]> {
    if (this.fallback) return this.fallback.removeLapsed(ids);
    const lapsed = this.leases.stillLapsed(ids);
    if (lapsed.length === 0) return lapsed;
    const removed = this.write((_, statements) =>
      lapsed.filter((id) => {
        const present = statements.present.get(id) as PresentRow | undefined;
        if (isNewer(present)) return false;
        statements.remove.run(id);
        nextVersion(statements);
        return true;
      }),
    );
    for (const id of lapsed) this.leases.end(id);
    return removed;
  }

  follow(): Subscription {
    return { close: () => {} };
  }

  async writeShare(balancer: string, text: string): Promise<void> {
    if (this.fallback) return this.fallback.writeShare(balancer, text);
    this.write((database) => writeShare(database, balancer, text, Date.now() / 1000));
  }

  async readShares(): Promise<readonly StoredShare[]> {
    if (this.fallback) return this.fallback.readShares();
    return this.write((database) => readShares(database, Date.now() / 1000));
  }

  async close(): Promise<void> {
    this.database?.close();
    this.database = undefined;
    this.statements = undefined;
  }

  private get inMemory(): MemoryStore {
    return (this.fallback ??= new MemoryStore(this.keys, this.now));
  }

  /** Undefined where the file cannot be opened. */
  private open(): DatabaseSync | undefined {
    if (this.database || this.fallback) return this.database;
    try {
      this.database = openRegistryFile(this.path, (message) => this.logger.warn(message));
      // Also where the file cannot be written.
      this.keys = readKeys(this.database, this.keys);
      this.tryPrepare();
      return this.database;
    } catch (error) {
      this.database?.close();
      this.database = undefined;
      const warning = `${this.path} cannot be opened: ${reasonOf(error)}; the registry is kept in memory only`;
      this.logger.warn(warning);
      return undefined;
    }
  }

  /** Gives the file all that this version needs. Where it cannot be written, that is done with the first change. */
  private tryPrepare(): void {
    try {
      this.write(() => {});
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
    }
  }

  /** Makes a change in one transaction. @throws {StoreUnavailableError} */
  private write<Result>(change: (database: DatabaseSync, statements: Statements) => Result): Result {
    const { database } = this;
    if (!database) throw new StoreUnavailableError(`${this.path} is closed`);
    try {
      database.exec('BEGIN IMMEDIATE');
      if (!this.statements) {
        upgradeTables(database);
        this.keys = keepKeys(database, this.keys);
      }
      const statements = this.statements ?? prepare(database);
      const result = change(database, statements);
      database.exec('COMMIT');
      this.statements = statements;
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      const meanwhile = 'the registry is kept in memory until the file can be written again';
      throw new StoreUnavailableError(`${this.path} cannot be written: ${reasonOf(error)}; ${meanwhile}`, {
        cause: error,
      });
    }
  }

  private conflictWith(id: string, present: PresentRow | undefined, { row }: Statements): ChangeResult {
    const found = present && row.get(id);
    const record = found && this.recordFrom(found, () => {});
    return {
      kind: 'conflict',
      version: present?.version ?? 0,
      present: record && 'problem' in record ? undefined : record,
    };
  }

  private recordFrom(
    row: Record<string, unknown>,
    warn: (message: string) => void = (message) => this.logger.warn(message),
  ): StoredRecord | UnusableRecord {
    try {
      return this.format.recordOf(row);
    } catch (error) {
      if (!(error instanceof UnusableRecordError)) throw error;
      warn(`${this.path}: backend ${JSON.stringify(row.id)} is skipped: ${error.message}`);
      return { id: String(row.id), problem: error.problem, reason: error.message };
    }
  }
}

function isNewer(row: PresentRow | undefined): boolean {
  return row !== undefined && row.format > RECORD_FORMAT;
}

function nextVersion({ nextVersion: statement }: Statements): number {
  return Number(statement.get()?.last);
}

function prepare(database: DatabaseSync): Statements {
  return {
    store: database.prepare(STORE_ROW),
    present: database.prepare('SELECT id, version, format FROM backends WHERE id = ?'),
    presentAt: database.prepare('SELECT id, version, format FROM backends WHERE pool = ? AND url = ? AND id <> ?'),
    row: database.prepare('SELECT * FROM backends WHERE id = ?'),
    remove: database.prepare('DELETE FROM backends WHERE id = ?'),
    nextVersion: database.prepare('UPDATE changes SET last = last + 1 RETURNING last'),
  };
}
