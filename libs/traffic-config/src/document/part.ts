// A value of a document with the places of its parts in the text.
import type { FieldPath } from './problems.js';

/** A value, and where it begins in the text. */
export interface Part {
  readonly value: unknown;
  readonly offset: number;
  /** Of a list by index, of a mapping by key. */
  readonly entries: ReadonlyMap<string | number, Entry>;
  /** What was inserted into a string: `secret`, or `unknown` if a variable or a secret file could not be read. */
  readonly inserted?: 'secret' | 'unknown' | undefined;
}

/** A part of a list or a mapping. */
export interface Entry {
  readonly keyOffset: number;
  readonly part: Part;
}

/** The key whose mapping, or list of mappings, is merged into the mapping that has it: https://yaml.org/type/merge.html */
const MERGE_KEY = '<<';

/** A string, a number, a boolean or null. */
export function scalarPart(value: unknown, offset: number, inserted?: Part['inserted']): Part {
  return { value, offset, entries: new Map(), inserted };
}

/** A list. */
export function listPart(items: readonly Part[], offset: number): Part {
  const entries = new Map(items.map((part, i) => [i, { keyOffset: part.offset, part }]));
  return { value: items.map(({ value }) => value), offset, entries };
}

/** A mapping with the entries of its merge key added, behind its own. */
export function mappingPart(own: ReadonlyMap<string, Entry>, offset: number): Part {
  const entries = new Map<string | number, Entry>(own);
  for (const source of mergeSources(own)) {
    entries.delete(MERGE_KEY);
    for (const [name, entry] of source.entries) if (!entries.has(name)) entries.set(name, entry);
  }
  const value = Object.fromEntries([...entries].map(([name, { part }]) => [name, part.value]));
  return { value, offset, entries };
}

/** Empty if the value of the merge key is neither a mapping nor a list of mappings: then it is an unknown key. */
function mergeSources(own: ReadonlyMap<string, Entry>): readonly Part[] {
  const merge = own.get(MERGE_KEY)?.part;
  if (merge === undefined) return [];
  const sources = Array.isArray(merge.value) ? [...merge.entries.values()].map(({ part }) => part) : [merge];
  const isMapping = ({ value }: Part) => typeof value === 'object' && value !== null && !Array.isArray(value);
  return sources.every(isMapping) ? sources : [];
}

/** The part at `path`; undefined if there is none. */
export function partAt(root: Part | undefined, path: FieldPath): Part | undefined {
  let part = root;
  for (const name of path) part = part?.entries.get(name)?.part;
  return part;
}
