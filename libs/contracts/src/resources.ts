// Amounts by resource name, as sent on the wire: `{ "compute": 20, "storage": 36 }`.
import { z } from 'zod';

/** The largest capacity a backend may declare, units per second. Sums of in-flight demand stay exact far above it. */
export const MAX_CAPACITY = 1e9;

/** The largest demand of one request, units. */
export const MAX_DEMAND = 1e6;

/** A resource's name: lower-case letters, digits and `-`, beginning with a letter, at most 32 characters. */
export const resourceNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1 to 32 lower-case letters, digits and "-", beginning with a letter');

const amountUpTo = (max: number) => {
  const allowed = `must be a number from 0 to ${max}`;
  return z.number(allowed).min(0, allowed).max(max, allowed);
};

/** Capacity by resource name, units per second; at least one of them above zero. */
export const capacitySchema = z
  .record(resourceNameSchema, amountUpTo(MAX_CAPACITY), 'must be an object such as {"compute": 20, "storage": 36}')
  .refine(
    (amounts) => Object.values(amounts).some((amount) => amount > 0),
    'must have at least one resource above zero',
  );

/** Demand of one request by resource name, units. A resource that is left out is not needed. */
export const demandSchema = z.record(
  resourceNameSchema,
  amountUpTo(MAX_DEMAND),
  'must be an object such as {"compute": 3, "storage": 1}',
);

/** Amounts by resource name. The unit depends on the field. */
export type ResourceAmounts = Readonly<Record<string, number>>;
