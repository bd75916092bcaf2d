// The part of an entry that fits its schema, so that the checks after the schema find problems there too.
import type { z } from 'zod';

/** An entry, or what is left of it. */
export interface SoundPart<Schema extends z.ZodType> {
  readonly value: z.output<Schema>;
  /** The fields that were left out, because something in them does not fit. */
  readonly without: ReadonlySet<PropertyKey>;
}

/** Parses `entry` without the fields that do not fit; undefined if it is no mapping, or a field is missing. */
export function soundPart<Schema extends z.ZodType>(schema: Schema, entry: unknown): SoundPart<Schema> | undefined {
  const parsed = schema.safeParse(entry);
  if (parsed.success) return { value: parsed.data, without: new Set() };
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return undefined;
  const without = new Set(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : issue.path.slice(0, 1),
    ),
  );
  const rest = schema.safeParse(Object.fromEntries(Object.entries(entry).filter(([name]) => !without.has(name))));
  return rest.success ? { value: rest.data, without } : undefined;
}
