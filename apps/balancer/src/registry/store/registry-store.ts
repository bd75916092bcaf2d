// Keeps the registry in a SQLite file, so that a balancer that was killed knows its fleet when it starts again. A disk
// that fails costs nobody a registration: the balancer works on in memory, and what is missing is written later.
import type { DatabaseSync } from 'node:sqlite';
import { backendIdSchema, registrationSchema } from '@fairlead/contracts';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { z } from 'zod';
import { balancerConfig, registryFileOf } from '../../config/balancer.config.js';
import { formatIssues } from '../../control-plane/validation-message.js';
import { capacityOf } from '../registration-normalizer.js';
import type { Backend, StoredBackend } from '../backend.js';
import { openRegistryFile, probe, reasonOf } from './sqlite-file.js';

const RETRY_MS = 5_000;

const SAVE = `INSERT OR REPLACE INTO backends
  (id, url, resources, ping_path, lease_seconds, max_in_flight, labels, is_paused, registered_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const { resources, pingPath, leaseSeconds, maxInFlight, labels } = registrationSchema.shape;

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});

/** A row of the file. An id that was taken from a url may be longer, and freer, than one that a backend chooses. */
const rowSchema = z.object({
  id: z.union([backendIdSchema, z.url('must be an id or a url')]),
  url: z.url({ protocol: /^http$/, error: 'must be an http URL' }),
  resources: json.pipe(resources),
  ping_path: pingPath.unwrap().nullable(),
  lease_seconds: leaseSeconds.unwrap().nullable(),
  max_in_flight: maxInFlight.unwrap().nullable(),
  labels: json.pipe(labels.unwrap()),
  is_paused: z.union([z.literal(0), z.literal(1)], 'must be 0 or 1'),
  registered_at: z.iso.datetime('must be a time in UTC'),
});

type Row = readonly [string, string, string, string | null, number | null, number | null, string, number, string];

@Injectable()
export class RegistryStore implements OnApplicationShutdown {
  private readonly logger = new Logger('Registry');
  private readonly path: string | undefined;
  private database: DatabaseSync | undefined;
  /** Changes the file does not have yet, by id: the row, or undefined where it is to go. Empty as long as the disk works. */
  private readonly pending = new Map<string, Row | undefined>();
  /** Ids the file is known to hold: no other removal has to be remembered while the disk fails. */
  private readonly written = new Set<string>();
  private retry: NodeJS.Timeout | undefined;

  constructor(@Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>) {
    this.path = registryFileOf(config);
  }

  /** Opens the file and reads it. Call it once, before anything is saved. What makes no sense is left out, with a warning. */
  load(): StoredBackend[] {
    if (this.path === undefined) return [];
    try {
      this.database = openRegistryFile(this.path, (sentence) => this.logger.warn(sentence));
      const rows = this.database.prepare('SELECT * FROM backends ORDER BY registered_at, id').all();
      // Whether the disk takes writes is better known now than at the first registration.
      this.write();
      return rows.flatMap((row) => this.backendFrom(row) ?? []);
    } catch (error) {
      this.close();
      this.logger.warn(`${this.path} cannot be opened: ${reasonOf(error)}; the registry is kept in memory only`);
      return [];
    }
  }

  /** Keeps a backend as it is now, in place of the row of the same id and of the one at the same address. Never throws. */
  save(backend: Backend): void {
    if (!this.database) return;
    this.pending.set(backend.id, this.rowOf(backend));
    this.write();
  }

  /** Forgets a backend. Never throws. */
  remove(id: string): void {
    if (!this.database) return;
    if (this.written.has(id)) this.pending.set(id, undefined);
    else this.pending.delete(id);
    this.write();
  }

  onApplicationShutdown(): void {
    this.close();
  }

  /** Closes the file; nothing is kept from then on. */
  close(): void {
    clearTimeout(this.retry);
    this.database?.close();
    this.database = undefined;
  }

  /** Brings the file up to date, all or nothing. */
  private write(): void {
    const { database } = this;
    if (!database) return;
    try {
      database.exec('BEGIN IMMEDIATE');
      for (const [id, row] of this.pending) {
        if (row) database.prepare(SAVE).run(...row);
        else database.prepare('DELETE FROM backends WHERE id = ?').run(id);
      }
      if (this.pending.size === 0) probe(database);
      database.exec('COMMIT');
      this.succeeded();
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      this.failed(error);
    }
  }

  private succeeded(): void {
    for (const [id, row] of this.pending) {
      if (row) this.written.add(id);
      else this.written.delete(id);
    }
    this.pending.clear();
    if (!this.retry) return;
    clearTimeout(this.retry);
    this.retry = undefined;
    this.logger.log(`${this.path} is written again`);
  }

  private failed(error: unknown): void {
    if (!this.retry) {
      const promise = 'the registry is kept in memory, and written when that is possible again';
      this.logger.warn(`${this.path} cannot be written: ${reasonOf(error)}; ${promise}`);
    }
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.write(), RETRY_MS).unref();
  }

  private rowOf({ id, url, capacity, draining, registeredAt, ...rest }: Backend): Row {
    const amounts = JSON.stringify(this.config.RESOURCES.amountsOf(capacity));
    const isPaused = draining?.purpose === 'pause' ? 1 : 0;
    const { pingPath = null, leaseSeconds = null, maxInFlight = null } = rest;
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
        capacity,
        labels,
        pingPath: rest.ping_path ?? undefined,
        leaseSeconds: rest.lease_seconds ?? undefined,
        maxInFlight: rest.max_in_flight ?? undefined,
        isPaused: rest.is_paused === 1,
        registeredAt: new Date(rest.registered_at),
      };
    } catch (error) {
      this.logger.warn(`${this.path}: backend ${JSON.stringify(row.id)} is left out: ${reasonOf(error)}`);
      return undefined;
    }
  }
}
