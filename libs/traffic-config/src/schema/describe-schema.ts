// What the documents say of the file, from its schema: rows of tables, and a JSON schema for editors.
import type { VariableDescription } from '@fairlead/configuration';
import { z } from 'zod';
import type { FieldMeta } from './mapping.js';
import { fileSchema } from './file-schema.js';

/** A part of the file. */
export type FilePart = 'pools' | 'routes' | 'errorPages';

/**
 * Returns the fields of a part of the file in the order of their declaration. The name of a field in a nested mapping is
 * its path, with dots; `[]` stands for each entry of a list.
 *
 * @throws {TypeError} when a field has no description.
 */
export function describeFile(part: FilePart): VariableDescription[] {
  const entry = mappingIn(fileSchema.shape[part]);
  if (entry === undefined) throw new TypeError(`${part} has no fields`);
  return describeMapping(entry.mapping, '');
}

function describeMapping(mapping: z.ZodObject, prefix: string): VariableDescription[] {
  return Object.entries(mapping.shape).flatMap(([key, schema]) => {
    const name = `${prefix}${key}`;
    const meta = z.globalRegistry.get(schema) as FieldMeta | undefined;
    if (!meta?.description) throw new TypeError(`${name} has no description: declare it with optional() or required()`);
    const inner = mappingIn(schema);
    const row = { name, defaultValue: meta['x-default'], description: meta.description };
    return [row, ...(inner === undefined ? [] : describeMapping(inner.mapping, `${name}${inner.isList ? '[]' : ''}.`))];
  });
}

/** The mapping that a field consists of, or that each entry of its list or record is; undefined if there is none. */
function mappingIn(schema: z.core.$ZodType): { readonly mapping: z.ZodObject; readonly isList: boolean } | undefined {
  if (schema instanceof z.ZodObject) return { mapping: schema, isList: false };
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return mappingIn(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return mappingIn(schema.def.in);
  if (schema instanceof z.ZodRecord) return mappingIn(schema.def.valueType);
  if (schema instanceof z.ZodUnion) return schema.def.options.map(mappingIn).find((found) => found !== undefined);
  if (!(schema instanceof z.ZodArray)) return undefined;
  const inner = mappingIn(schema.def.element);
  return inner && { ...inner, isList: true };
}

/** The JSON schema of the file, in the version that editors for YAML know. `x-default`: what counts if a field is left out. */
export function fileJsonSchema(): object {
  return { title: 'fairlead.yaml', ...z.toJSONSchema(fileSchema, { io: 'input', target: 'draft-07' }) };
}
