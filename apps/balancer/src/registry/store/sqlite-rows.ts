// The rows of the registry's SQLite file, and the records that they are.
import type { SQLInputValue } from 'node:sqlite';
import type { ResourceSpace } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { z } from 'zod';
import { formatIssues } from '../../config/validation-message.js';
import {
  changeSchemas,
  factSchemas,
  requireFormat,
  formatFor,
  RecordFormat,
  UnusableRecordError,
} from './record-format.js';
import type { NewRecord, StoredRecord } from './registry-store.js';

/** Stores the values of {@link valuesOf}, in place of the row with its id and of that with its address in its pool. */
export const STORE_ROW = `INSERT OR REPLACE INTO backends
  (id, url, resources, ping_path, lease_seconds, max_in_flight, labels, is_paused, registered_at,
   registered_from, secret_hash, pool, format, version, incarnation, is_leaving, changed_by, drain_seconds)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});

const zeroOrOne = z.union([z.literal(0), z.literal(1)], 'must be 0 or 1').transform((value) => value === 1);

/** Files of earlier versions lack some columns, until they can be written. */
const rowSchema = z
  .object({
    id: factSchemas.id,
    url: factSchemas.url,
    resources: json.pipe(factSchemas.resources),
    ping_path: factSchemas.pingPath.nullable(),
    lease_seconds: factSchemas.leaseSeconds.nullable(),
    max_in_flight: factSchemas.maxInFlight.nullable(),
    labels: json.pipe(factSchemas.labels),
    is_paused: zeroOrOne,
    registered_at: factSchemas.registeredAt,
    registered_from: factSchemas.registeredFrom.nullish(),
    secret_hash: factSchemas.secretHash.nullish(),
    pool: factSchemas.pool.default(DEFAULT_POOL),
    version: changeSchemas.version.default(1),
    incarnation: changeSchemas.incarnation.default(''),
    is_leaving: zeroOrOne.default(false),
    changed_by: changeSchemas.changedBy.default(''),
    drain_seconds: factSchemas.drainSeconds.nullish(),
  })
  .transform((row) => ({
    backend: {
      id: row.id,
      url: row.url,
      pool: row.pool,
      resources: row.resources,
      labels: row.labels,
      pingPath: row.ping_path ?? undefined,
      leaseSeconds: row.lease_seconds ?? undefined,
      maxInFlight: row.max_in_flight ?? undefined,
      isPaused: row.is_paused,
      drainSeconds: row.drain_seconds ?? undefined,
      registeredAt: row.registered_at,
      registeredFrom: row.registered_from ?? undefined,
      secretHash: row.secret_hash ?? undefined,
    },
    version: row.version,
    incarnation: row.incarnation,
    isLeaving: row.is_leaving,
    changedBy: row.changed_by,
  }));

/** Converts rows of a fleet with these resources. */
export class RowFormat {
  private readonly records: RecordFormat;

  constructor(private readonly resources: ResourceSpace) {
    this.records = new RecordFormat(resources);
  }

  /** The values of {@link STORE_ROW}. */
  valuesOf({ backend, incarnation, isLeaving, changedBy }: NewRecord, version: number): SQLInputValue[] {
    const { id, url, capacity, labels, isPaused, registeredAt, pool } = backend;
    const { pingPath = null, leaseSeconds = null, maxInFlight = null } = backend;
    const { registeredFrom = null, secretHash = null, drainSeconds = null } = backend;
    return [
      id,
      url,
      JSON.stringify(capacity ? this.resources.amountsOf(capacity) : {}),
      pingPath,
      leaseSeconds,
      maxInFlight,
      JSON.stringify(labels),
      isPaused ? 1 : 0,
      registeredAt.toISOString(),
      registeredFrom,
      secretHash,
      pool,
      formatFor(backend),
      version,
      incarnation,
      isLeaving ? 1 : 0,
      changedBy,
      drainSeconds,
    ];
  }

  /** @throws {UnusableRecordError} */
  recordOf(row: Record<string, unknown>): StoredRecord {
    requireFormat(row.format ?? 1);
    const parsed = rowSchema.safeParse(row);
    if (!parsed.success) throw new UnusableRecordError('corrupt', formatIssues(parsed.error.issues));
    return { ...parsed.data, backend: this.records.backendOf(parsed.data.backend) };
  }
}
