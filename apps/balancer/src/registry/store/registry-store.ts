// Keeps the registry in a SQLite file, so that a balancer knows its fleet after a crash. When the disk fails, the
// balancer continues in memory and writes the changes later: no registration is lost.
import type { DatabaseSync } from 'node:sqlite';
import { backendIdSchema, poolNameSchema, registrationSchema } from '@fairlead/contracts';
import type { HashKey } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { z } from 'zod';
import { balancerConfig, registryFileOf } from '../../config/balancer.config.js';
import { formatIssues } from '../../config/validation-message.js';
import { capacityOf } from '../registration-normalizer.js';
import type { Backend, StoredBackend } from '../backend.js';
import { keepKeys, randomKeys, readKeys } from './kept-keys.js';
import { upgradeTable, openRegistryFile, reasonOf, testWrite } from './sqlite-file.js';

const RETRY_MS = 5_000;

const SAVE = `INSERT OR REPLACE INTO backends
  (id, url, resources, ping_path, lease_seconds, max_in_flight, labels, is_paused, registered_at,
   registered_from, secret_hash, pool)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const { resources, pingPath, leaseSeconds, maxInFlight, labels } = registrationSchema.shape;

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});

/**
 * A row of the file. An id derived from a url may be longer than one that a backend chooses, and have other characters.
 */
const rowSchema = z.object({
  id: z.union([backendIdSchema, z.url('must be an id or a url')]),
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }),
  resources: json.pipe(resources),
  ping_path: pingPath.unwrap().nullable(),
  lease_seconds: leaseSeconds.unwrap().nullable(),
  max_in_flight: maxInFlight.unwrap().nullable(),
  labels: json.pipe(labels.unwrap()),
  is_paused: z.union([z.literal(0), z.literal(1)], 'must be 0 or 1'),
  registered_at: z.iso.datetime('must be a time in UTC'),
  registered_from: z.string().nullish(),
  secret_hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
    .nullish(),
  pool: poolNameSchema.optional(),
});

/** The values of a row, in the order of {@link SAVE}. */
type Row = readonly (string | number | null)[];

@Injectable()
export class RegistryStore implements OnApplicationShutdown {
  private readonly logger = new Logger('Registry');
  private readonly path: string | undefined;
  private database: DatabaseSync | undefined;
  /** Changes to be written, by id: the row, or undefined to delete it. Empty while the disk works. */
  private readonly pending = new Map<string, Row | undefined>();
  /** Ids in the file: only their removal has to be remembered while the disk fails. */
  private readonly written = new Set<string>();
  private retryTimer: NodeJS.Timeout | undefined;
  private keys = randomKeys();
  /** Whether the file has them. */
  private areKeysKept = false;

  constructor(@Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>) {
    this.path = registryFileOf(config);
  }

  /** Opens and reads the file; call it once, first. Invalid rows are skipped with a warning. */
  load(): StoredBackend[] {
    if (this.path === undefined) return [];
    try {
      this.database = openRegistryFile(this.path, (message) => this.logger.warn(message));
      const rows = this.database.prepare('SELECT * FROM backends ORDER BY registered_at, id').all();
      // Also where the file cannot be written.
      this.keys = readKeys(this.database, this.keys);
      // Shows now whether the disk can be written, and not at the first registration.
      this.write();
      return rows.flatMap((row) => this.backendFrom(row) ?? []);
    } catch (error) {
      this.close();
      this.logger.warn(`${this.path} cannot be opened: ${reasonOf(error)}; the registry is kept in memory only`);
      return [];
    }
  }

  /** The secret of hashes of what clients send: that of the file, so that clients stay on their backends over a restart. */
  get hashKey(): HashKey {
    return this.keys.hash;
  }

  /** The secret of stickiness cookies, of the file too. */
  get cookieKey(): string {
    return this.keys.cookie;
  }

  /**
   * Saves a backend that registered; replaces the row with its id, and the row with its address in its pool. Never throws.
   */
  save(backend: Backend): void {
    if (!this.database || backend.source !== undefined) return;
    this.pending.set(backend.id, this.rowOf(backend));
    this.write();
  }

  /** Removes a backend. Never throws. */
  remove(id: string): void {
    if (!this.database) return;
    if (this.written.has(id)) this.pending.set(id, undefined);
    else this.pending.delete(id);
    this.write();
  }

  onApplicationShutdown(): void {
    this.close();
  }

  /** Closes the file; nothing is saved after that. */
  close(): void {
    clearTimeout(this.retryTimer);
    this.database?.close();
    this.database = undefined;
  }

  /** Writes the pending changes in one transaction. */
  private write(): void {
    const { database } = this;
    if (!database) return;
    try {
      database.exec('BEGIN IMMEDIATE');
      upgradeTable(database);
      if (!this.areKeysKept) this.keys = keepKeys(database, this.keys);
      for (const [id, row] of this.pending) {
        if (row) database.prepare(SAVE).run(...row);
        else database.prepare('DELETE FROM backends WHERE id = ?').run(id);
      }
      if (this.pending.size === 0) testWrite(database);
      database.exec('COMMIT');
      this.onWritten();
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      this.onWriteError(error);
    }
  }

  private onWritten(): void {
    this.areKeysKept = true;
    for (const [id, row] of this.pending) {
      if (row) this.written.add(id);
      else this.written.delete(id);
    }
    this.pending.clear();
    if (!this.retryTimer) return;
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    this.logger.log(`${this.path} can be written again; the pending changes were written`);
  }

  private onWriteError(error: unknown): void {
    if (!this.retryTimer) {
      const fallback = 'the registry is kept in memory until the file can be written again';
      this.logger.warn(`${this.path} cannot be written: ${reasonOf(error)}; ${fallback}`);
    }
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.write(), RETRY_MS).unref();
  }

  private rowOf({ id, url, capacity, draining, registeredAt, ...rest }: Backend): Row {
    const amounts = JSON.stringify(this.config.RESOURCES.amountsOf(capacity));
    const isPaused = draining?.purpose === 'pause' ? 1 : 0;
    const { pingPath = null, leaseSeconds = null, maxInFlight = null } = rest;
    const { registeredFrom = null, secretHash = null } = rest;
    return [
      id,
      url,
      amounts,
      pingPath,
      leaseSeconds,
      maxInFlight,
      JSON.stringify(rest.labels),
      isPaused,
      registeredAt.toISOString(),
      registeredFrom,
      secretHash,
      rest.pool,
    ];
  }

  private backendFrom(row: Record<string, unknown>): StoredBackend | undefined {
    try {
      const parsed = rowSchema.safeParse(row);
      if (!parsed.success) throw new Error(formatIssues(parsed.error.issues));
      const { id, url, labels, ...rest } = parsed.data;
      const capacity = capacityOf(rest.resources, this.config.RESOURCES);
      this.written.add(id);
      return {
        id,
        url,
        pool: rest.pool ?? DEFAULT_POOL,
        capacity,
        labels,
        pingPath: rest.ping_path ?? undefined,
        leaseSeconds: rest.lease_seconds ?? undefined,
        maxInFlight: rest.max_in_flight ?? undefined,
        isPaused: rest.is_paused === 1,
        registeredAt: new Date(rest.registered_at),
        registeredFrom: rest.registered_from ?? undefined,
        secretHash: rest.secret_hash ?? undefined,
      };
    } catch (error) {
      this.logger.warn(`${this.path}: backend ${JSON.stringify(row.id)} is skipped: ${reasonOf(error)}`);
      return undefined;
    }
  }
}
