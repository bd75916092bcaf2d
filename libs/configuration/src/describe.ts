// Turns a configuration schema into the rows of a table, so that the README's table can be held against the code.
import { z } from 'zod';

/** One environment variable as its schema describes it. */
export interface VariableDescription {
  readonly name: string;
  /** The default as it would be written in the environment; undefined when there is none. */
  readonly defaultValue: string | undefined;
  /** What the variable is for, one sentence. */
  readonly description: string;
}

/** Lists the variables of a schema in the order they stand in. Every field must carry `.describe(…)`. */
export function describeVariables(schema: z.ZodObject): VariableDescription[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const description = z.globalRegistry.get(field)?.description;
    if (!description) throw new TypeError(`${name} has no description`);
    const defaultValue = field instanceof z.ZodPrefault ? String(field.def.defaultValue) : undefined;
    return { name, defaultValue, description };
  });
}
