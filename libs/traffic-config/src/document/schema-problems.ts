// Turns the issues of a schema into problems of the document that it was applied to.
import type { z } from 'zod';
import type { FieldPath, Problems } from './problems.js';

/** Between the allowed names in the message of an unknown field: see `mapping` in schema/mapping.ts. */
export const NAME_SEPARATOR = ', ';

/** Adds a problem for each issue. `value` is what was validated, `path` where it is in the document. */
export function addIssues(
  problems: Problems,
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  path: FieldPath = [],
): void {
  for (const issue of issues) addIssue(problems, issue, value, path);
}

function addIssue(problems: Problems, issue: z.core.$ZodIssue, value: unknown, base: FieldPath): void {
  const path = [...base, ...issue.path.map(keyOf)];
  const given = valueAt(value, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const names = issue.message.split(NAME_SEPARATOR);
    for (const key of issue.keys) {
      problems.addUnknown([...path, key], key, names);
    }
  } else if (issue.code === 'invalid_key') {
    problems.add(path, issue.message, { at: 'key' });
  } else if (issue.code === 'invalid_union' && branchOf(issue) !== undefined) {
    addIssues(problems, branchOf(issue) ?? [], given, path);
  } else if (given === undefined) {
    problems.add(path, `${issue.message}, and is missing`);
  } else {
    const names = issue.code === 'invalid_value' ? issue.values.map(String) : [];
    problems.add(path, issue.message, { given, names });
  }
}

/** The issues of the one form that fits the type of the value; undefined if none or several do. */
function branchOf({ errors }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | undefined {
  const isOfType = (issues: z.core.$ZodIssue[]) =>
    !issues.some(({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'));
  const fitting = errors.filter(isOfType);
  return fitting.length === 1 ? fitting[0] : undefined;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let part = value;
  for (const key of path) {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, key)) return undefined;
    part = (part as Record<PropertyKey, unknown>)[key];
  }
  return part;
}

function keyOf(key: PropertyKey): string | number {
  return typeof key === 'number' ? key : String(key);
}
