// `${VARIABLE}` and `${file:/path}` in the strings of a configuration file.
import type { Environment } from '@fairlead/configuration';

/** Where the values come from. */
export interface SubstitutionSources {
  readonly environment: Environment;
  /** Returns the content of a text file. @throws {Error} when it cannot be read. */
  readonly readFile: (path: string) => string;
}

/** A string with its placeholders replaced. */
export interface Substituted {
  readonly text: string;
  /** The values that were inserted. */
  readonly inserted: readonly string[];
  /** Why it is incomplete, a sentence for each placeholder without a value. */
  readonly problems: readonly string[];
}

/** `$${` is `${` as text. */
const PLACEHOLDER = /\$?\$\{([^}]*)(\}?)/g;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FILE = 'file:';
const FORMS = 'write ${VARIABLE} or ${file:/path}, or $${ for the text "${"';

/** Replaces the placeholders in `text`; undefined if there are none. What was inserted is not looked at again. */
export function substitute(text: string, sources: SubstitutionSources): Substituted | undefined {
  if (!text.includes('${')) return undefined;
  const inserted: string[] = [];
  const problems: string[] = [];
  const replaced = text.replace(PLACEHOLDER, (placeholder: string, name: string, end: string) => {
    if (placeholder.startsWith('$$')) return placeholder.slice(1);
    const value = valueOf(end === '' ? '' : name, sources, problems);
    if (value !== '') inserted.push(value);
    return value;
  });
  return { text: replaced, inserted, problems };
}

function valueOf(name: string, sources: SubstitutionSources, problems: string[]): string {
  if (name.startsWith(FILE)) return contentOf(name.slice(FILE.length).trim(), sources, problems);
  if (!VARIABLE.test(name)) {
    problems.push(`has a "\${" that is not a placeholder: ${FORMS}`);
    return '';
  }
  const value = sources.environment[name] ?? '';
  // Compose files and shells pass an empty value for a variable that has none.
  if (value === '') problems.push(`needs the environment variable ${name}, which is not set`);
  return value;
}

/** The content of a secret file without the line break at its end, which editors add. */
function contentOf(path: string, { readFile }: SubstitutionSources, problems: string[]): string {
  try {
    const content = readFile(path).replace(/\r?\n$/, '');
    if (content === '') problems.push(`needs the file ${JSON.stringify(path)}, which is empty`);
    return content;
  } catch (error) {
    problems.push(`needs the file ${JSON.stringify(path)}, which cannot be read: ${(error as Error).message}`);
    return '';
  }
}
