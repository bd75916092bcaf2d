// The mappings of the file: which fields they have, what each means, and what it is when it is left out.
import { z } from 'zod';
import { NAME_SEPARATOR } from '../document/schema-problems.js';

/** What the documents say of a field: `docs/configuration.md` and `docs/fairlead.schema.json`. */
export interface FieldMeta {
  readonly description: string;
  /** What counts when the field is left out: a variable of the balancer, or a value. */
  readonly 'x-default'?: string;
}

/** A mapping with these fields and no others. The message for an unknown one consists of the names of these. */
export function mapping<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(NAME_SEPARATOR);
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? names : `must be a mapping with fields of these: ${names}`),
  });
}

/** A field that may be left out. `fallback` says what counts then; undefined: nothing. */
export function optional<Schema extends z.ZodType>(schema: Schema, description: string, fallback?: string) {
  const meta: FieldMeta = fallback === undefined ? { description } : { description, 'x-default': fallback };
  return schema.optional().meta({ ...meta });
}

/** A field that must be there. */
export function required<Schema extends z.ZodType>(schema: Schema, description: string): Schema {
  return schema.meta({ description });
}

/** A list of at least `min` items. `what` is what they are, such as `routes`. */
export function list<Item extends z.ZodType>(item: Item, what: string, min = 0) {
  const allowed = `must be a list of ${what}${min === 0 ? '' : `, at least ${min}`}`;
  return z.array(item, allowed).min(min, allowed);
}

/** One item, or a list of items: parsed into a list. */
export function oneOrMany<Item extends z.ZodType>(item: Item, allowed: string) {
  return z.union([item, z.array(item, allowed).min(1, allowed)], allowed).transform((value): z.output<Item>[] => {
    return Array.isArray(value) ? value : [value];
  });
}
