// Amounts by resource name, as sent on the wire: `{ "compute": 20, "storage": 36 }`.
import { z } from 'zod';

/** The largest capacity a backend may declare, units per second. Sums of in-flight demand stay exact far above it. */
export const MAX_CAPACITY = 1e9;

/** The largest demand of one request, units. */
export const MAX_DEMAND = 1e6;

const NAME_FORM = 'must be 1 to 32 lower-case letters, digits and "-", beginning with a letter';

/** A resource's name: lower-case letters, digits and `-`, beginning with a letter, at most 32 characters. */
export const resourceNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, NAME_FORM);

/** A record whose keys have the form of a resource name. `example` is quoted in the error message. */
export function recordByName<Value extends z.ZodType>(value: Value, example: string) {
  return z.record(resourceNameSchema, value, {
    error: ({ code }) =>
      code === 'invalid_key' ? `is not a valid name: it ${NAME_FORM}` : `must be an object such as ${example}`,
  });
}

const amountUpTo = (max: number) => {
  const allowed = `must be a number from 0 to ${max}`;
  return z.number(allowed).min(0, allowed).max(max, allowed);
};

/**
 * Capacity by resource name, units per second. At least one of them is above zero, or there is none at all: that declares
 * nothing, as leaving the field out does.
 */
export const capacitySchema = recordByName(amountUpTo(MAX_CAPACITY), '{"compute": 20, "storage": 36}').refine(
  (amounts) => Object.keys(amounts).length === 0 || Object.values(amounts).some((amount) => amount > 0),
  'must have at least one resource above zero, or be left out',
);

/** Returns the amounts that a backend declares; undefined when it declares nothing, in either form. */
export function declaredAmounts(amounts: ResourceAmounts | undefined): ResourceAmounts | undefined {
  return amounts === undefined || Object.keys(amounts).length === 0 ? undefined : amounts;
}

/** Demand of one request by resource name, units. A resource that is left out is not needed. */
export const demandSchema = recordByName(amountUpTo(MAX_DEMAND), '{"compute": 3, "storage": 1}');

/** Amounts by resource name. The unit depends on the field. */
export type ResourceAmounts = Readonly<Record<string, number>>;
