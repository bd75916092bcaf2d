// Turns a configuration schema into the rows of a table, so that a test can compare docs/configuration.md with the code.
import { z } from 'zod';

/** An environment variable, as its schema describes it. */
export interface VariableDescription {
  readonly name: string;
  /** The default, written as in the environment; undefined if there is none. */
  readonly defaultValue: string | undefined;
  /** What the variable sets, in one sentence. */
  readonly description: string;
}

/**
 * Returns the variables of a schema in the order of their declaration.
 *
 * @throws {TypeError} when a variable has no description.
 */
export function describeVariables(schema: z.ZodObject): VariableDescription[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const description = z.globalRegistry.get(field)?.description;
    if (!description) throw new TypeError(`${name} has no description: add .describe(…) to its schema`);
    const defaultValue = field instanceof z.ZodPrefault ? String(field.def.defaultValue) : undefined;
    return { name, defaultValue, description };
  });
}

/**
 * Returns the fields of an object that a variable has as JSON, in the order of their declaration. The name of a field in
 * a nested object is its path, with dots.
 *
 * @throws {TypeError} when a field has no description.
 */
export function describeFields(schema: z.ZodObject, prefix = ''): VariableDescription[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const inner: unknown = field instanceof z.ZodPrefault ? field.def.innerType : field;
    if (inner instanceof z.ZodObject) return describeFields(inner, `${prefix}${name}.`);
    return describeVariables(z.object({ [`${prefix}${name}`]: field }));
  });
}
