// Formats the issues of a value that does not fit its schema as one sentence.
import { outermostIssue } from '@fairlead/configuration';

/** An issue as every Standard Schema library reports it. `code` is zod's. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly code?: string;
}

/** Characters shown of a field name, and of a value, that the client chose. */
const MAX_NAME_CHARACTERS = 100;
const MAX_VALUE_CHARACTERS = 50;

/**
 * Returns one sentence for the outermost issue (see {@link outermostIssue}): where it is, what is wrong, what is allowed
 * and, if `body` is given, what was given.
 */
export function formatIssues(issues: readonly Issue[], body?: unknown): string {
  const issue = outermostIssue(issues);
  if (!issue) return 'the body does not fit its schema';
  const keys = (issue.path ?? []).map(keyOf);
  const where = keys.map((key) => key.slice(0, MAX_NAME_CHARACTERS)).join('.');
  const what = issue.message.replace(/^Invalid input: /, '');
  const given = issue.code === 'invalid_key' ? '' : givenAt(keys, body);
  return `${where === '' ? 'the body:' : where} ${what}${given}`;
}

function keyOf(part: NonNullable<Issue['path']>[number]): string {
  return String(typeof part === 'object' ? part.key : part);
}

/** `, got <value>` for the simple value of a field; empty for a missing one, for an object, and for the body itself. */
function givenAt(keys: readonly string[], body: unknown): string {
  if (keys.length === 0) return '';
  let value = body;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return '';
    value = (value as Record<string, unknown>)[key];
  }
  if (value === undefined || (typeof value === 'object' && value !== null)) return '';
  return `, got ${JSON.stringify(typeof value === 'string' ? shown(value) : value)}`;
}

/** The beginning of a value, without the user and password of a URL: what is shown goes into logs and events. */
function shown(value: string): string {
  const [scheme, rest = ''] = splitOnce(value, '//');
  const [authority, ...path] = rest.split('/');
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const isSecret = host.length < authority.length;
  const text = isSecret ? `${scheme}//***@${[host, ...path].join('/')}` : value;
  return text.slice(0, MAX_VALUE_CHARACTERS);
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
