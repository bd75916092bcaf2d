// The form in which a balancer shares what it believes: compact JSON with a format number, validated wherever it comes from.
import {
  MAX_ADOPTED_ENTRY,
  MAX_RANK_LIMIT,
  MIN_ADOPTED_ENTRY,
  type Share,
  type SharedEntry,
} from '@fairlead/scheduling';
import { z } from 'zod';
import { formatIssues } from '../../config/validation-message.js';
import { MAX_SHARE_LENGTH } from '../../registry/store/shares.js';

/** Raised with each change that earlier versions would misread. */
const SHARE_FORMAT = 1;

/** Significant digits of a number: more would be noise. */
const DIGITS = 4;
const MAX_NAME_LENGTH = 2_048;
/** Largest number of samples of an entry: more than any balancer keeps. */
const MAX_SAMPLES = 1e6;

/** Name, samples, and a value for each latent resource. */
const entry = z.tuple(
  [z.string().min(1).max(MAX_NAME_LENGTH), z.number().positive().max(MAX_SAMPLES)],
  z.number().min(MIN_ADOPTED_ENTRY).max(MAX_ADOPTED_ENTRY),
);

const schema = z
  .object({
    format: z.literal(SHARE_FORMAT),
    rank: z.int().min(1).max(MAX_RANK_LIMIT),
    classes: z.array(entry),
    machines: z.array(entry),
  })
  .refine(({ rank, classes, machines }) => [...classes, ...machines].every(({ length }) => length === rank + 2), {
    error: 'each entry must have a value for each of the latent resources',
  });

/** A share cannot be used; the message says why. */
export class UnusableShareError extends Error {}

/**
 * A share as text. If it is too long, the last machines are left out: put those with the most samples first. Undefined: the
 * classes alone are too long.
 */
export function encodeShare({ rank, classes, machines }: Share): string | undefined {
  const [classRows, machineRows] = [rowsOf(classes), rowsOf(machines)];
  for (let count = machineRows.length; ; count >>= 1) {
    const rows = { classes: classRows, machines: machineRows.slice(0, count) };
    const text = JSON.stringify({ format: SHARE_FORMAT, rank, ...rows });
    if (text.length <= MAX_SHARE_LENGTH) return text;
    if (count === 0) return undefined;
  }
}

/** The share of a balancer from its text. @throws {UnusableShareError} */
export function decodeShare(balancer: string, text: string): Share {
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) throw new UnusableShareError(formatIssues(parsed.error.issues.slice(0, 1)));
  const { rank, classes, machines } = parsed.data;
  return { balancer, rank, classes: entriesOf(classes), machines: entriesOf(machines) };
}

type Row = readonly [string, number, ...number[]];

function rowsOf(entries: ReadonlyMap<string, SharedEntry>): Row[] {
  return Array.from(entries)
    .filter(([name]) => name.length <= MAX_NAME_LENGTH)
    .map(([name, { samples, values }]) => [name, rounded(Math.min(MAX_SAMPLES, samples)), ...values.map(rounded)]);
}

function entriesOf(rows: readonly Row[]): ReadonlyMap<string, SharedEntry> {
  return new Map(rows.map(([name, samples, ...values]) => [name, { samples, values }]));
}

function rounded(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

function parseJson(text: string): unknown {
  if (text === '') throw new UnusableShareError(`it is empty, or longer than ${MAX_SHARE_LENGTH} characters`);
  try {
    return JSON.parse(text);
  } catch {
    throw new UnusableShareError('it is no JSON');
  }
}
