// The form in which records are stored: JSON with a format number, validated wherever it comes from.
import { backendIdSchema, poolNameSchema, registrationSchema } from '@fairlead/contracts';
import type { ResourceSpace } from '@fairlead/scheduling';
import { z } from 'zod';
import { formatIssues } from '../../config/validation-message.js';
import type { StoredBackend } from '../backend.js';
import { capacityOf } from '../registration-normalizer.js';
import type { NewRecord, RecordProblem, StoredRecord } from './registry-store.js';

/**
 * The newest format. Raised with each change that earlier versions would misread; fields that they may ignore do not count.
 * A record has the lowest format that has its fields, so that earlier versions read what they can: see {@link formatFor}.
 */
export const RECORD_FORMAT = 2;

/** Format 1 has the resources of each backend; since format 2 a backend may declare none. */
export function formatFor({ capacity }: Pick<StoredBackend, 'capacity'>): number {
  return capacity === undefined ? RECORD_FORMAT : 1;
}

const { resources, pingPath, leaseSeconds, maxInFlight, labels } = registrationSchema.shape;

/**
 * The facts of a backend, as every keeper validates them. An id derived from a url may be longer than one that a backend
 * chooses, and have other characters.
 */
export const factSchemas = {
  id: z.union([backendIdSchema, z.url('must be an id or a url')]),
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }),
  pool: poolNameSchema,
  resources: resources.unwrap(),
  pingPath: pingPath.unwrap(),
  leaseSeconds: leaseSeconds.unwrap(),
  maxInFlight: maxInFlight.unwrap(),
  drainSeconds: z.number().min(0),
  labels: labels.unwrap(),
  registeredAt: z.iso.datetime('must be a time in UTC'),
  registeredFrom: z.string(),
  secretHash: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
};

/** The facts of a change, likewise. */
export const changeSchemas = {
  version: z.int().min(1),
  incarnation: z.string().max(100),
  changedBy: z.string().max(300),
};

const { version, incarnation, changedBy } = changeSchemas;

const newRecordSchema = z.object({
  incarnation,
  changedBy,
  isLeaving: z.boolean(),
  backend: z.object({
    ...factSchemas,
    resources: factSchemas.resources.optional(),
    pingPath: factSchemas.pingPath.optional(),
    leaseSeconds: factSchemas.leaseSeconds.optional(),
    maxInFlight: factSchemas.maxInFlight.optional(),
    isPaused: z.boolean(),
    drainSeconds: factSchemas.drainSeconds.optional(),
    registeredFrom: factSchemas.registeredFrom.optional(),
    secretHash: factSchemas.secretHash.optional(),
  }),
});

const recordSchema = newRecordSchema.extend({ version });

/** The facts of a backend as they are stored, validated: amounts by name of resource, and times as text. */
interface ValidFacts extends Omit<StoredBackend, 'capacity' | 'registeredAt' | Optional> {
  readonly resources?: Record<string, number> | undefined;
  readonly registeredAt: string;
  readonly pingPath?: string | undefined;
  readonly leaseSeconds?: number | undefined;
  readonly maxInFlight?: number | undefined;
}

type Optional = 'pingPath' | 'leaseSeconds' | 'maxInFlight';

/** A stored record cannot be used; the message says why. */
export class UnusableRecordError extends Error {
  constructor(
    readonly problem: RecordProblem,
    message: string,
  ) {
    super(message);
  }
}

/** Reads and writes records of a fleet with these resources. */
export class RecordFormat {
  constructor(private readonly resources: ResourceSpace) {}

  /** As JSON, without its version: the store knows that. */
  encode({ backend, incarnation, isLeaving, changedBy }: NewRecord): string {
    const { capacity, registeredAt, source: _, ...facts } = backend;
    const stored = {
      ...facts,
      resources: capacity && this.resources.amountsOf(capacity),
      registeredAt: registeredAt.toISOString(),
    };
    return JSON.stringify({ format: formatFor(backend), incarnation, isLeaving, changedBy, backend: stored });
  }

  /** The record of the backend `id` from its JSON. @throws {UnusableRecordError} */
  decode(id: string, text: string): StoredRecord {
    return this.decodeAs(recordSchema, id, text);
  }

  /** A record as {@link encode} wrote it. @throws {UnusableRecordError} */
  decodeNew(id: string, text: string): NewRecord {
    return this.decodeAs(newRecordSchema, id, text);
  }

  private decodeAs<Change extends z.output<typeof newRecordSchema>>(
    schema: z.ZodType<Change>,
    id: string,
    text: string,
  ) {
    const value = parseJson(text);
    requireFormat(formatOf(value));
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw new UnusableRecordError('corrupt', formatIssues(parsed.error.issues));
    const { backend, ...change } = parsed.data;
    if (backend.id !== id)
      throw new UnusableRecordError('corrupt', `it is the record of ${JSON.stringify(backend.id)}`);
    return { ...change, backend: this.backendOf(backend) };
  }

  /** A backend from its facts. @throws {UnusableRecordError} when its resources are not those of the fleet. */
  backendOf({ resources: amounts, registeredAt: registered, ...facts }: ValidFacts): StoredBackend {
    const { pingPath: path, leaseSeconds: lease, maxInFlight: limit } = facts;
    try {
      const capacity = capacityOf(amounts, this.resources);
      const registeredAt = new Date(registered);
      return { ...facts, pingPath: path, leaseSeconds: lease, maxInFlight: limit, capacity, registeredAt };
    } catch (error) {
      throw new UnusableRecordError('unfit', error instanceof Error ? error.message : String(error));
    }
  }
}

/** Checks that this version knows a format. @throws {UnusableRecordError} */
export function requireFormat(format: unknown): void {
  const isNumber = typeof format === 'number';
  if (isNumber && Number.isInteger(format) && format >= 1 && format <= RECORD_FORMAT) return;
  if (isNumber && format > RECORD_FORMAT) {
    throw new UnusableRecordError(
      'newer-format',
      `it has format ${format}, newer than this program's ${RECORD_FORMAT}`,
    );
  }
  throw new UnusableRecordError('corrupt', `format must be a whole number from 1 to ${RECORD_FORMAT}`);
}

function formatOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnusableRecordError('corrupt', 'it is no JSON');
  }
}
