// Builds error pages: reads the files that the configuration names, and checks their templates.
import type { FieldPath } from '../document/problems.js';
import type { ErrorPageInFile } from '../schema/file-schema.js';
import type { ErrorPage } from '../traffic-config.js';
import type { BuildContext } from './build-context.js';

/** What a template may contain, with an example of each. */
const PLACEHOLDERS: ReadonlyMap<string, string> = new Map([
  ['status', '503'],
  ['message', 'no backend can take this request now'],
  ['requestId', '0193c9f6-8a5b-7c5e-9f0a-3d2b1c4e5f60'],
]);
const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;
const MAX_CHARACTERS = 65_536;

/** The error pages of a file. `path` is where they are. */
export function buildErrorPages(
  files: readonly (ErrorPageInFile | undefined)[],
  path: FieldPath,
  context: BuildContext,
): readonly ErrorPage[] {
  return files.flatMap((file, i) => {
    if (file === undefined) return [];
    const at = [...path, i];
    const first = files.findIndex((other) => other?.status === file.status);
    if (first < i) {
      context.problems.add([...at, 'status'], `must be there once: errorPages[${first}] has it too`, {
        given: file.status,
      });
    }
    if (file.html === undefined && file.json === undefined) {
      context.problems.add(at, 'must have html, json or both');
    }
    const html = templateOf(file.html, [...at, 'html'], context);
    const json = templateOf(file.json, [...at, 'json'], context);
    if (json !== undefined && !isJson(json)) {
      context.problems.add(
        [...at, 'json'],
        'must be a file with JSON, in which {{message}} and {{requestId}} are in quotes',
      );
    }
    return [{ status: file.status, html, json }];
  });
}

function templateOf(file: string | undefined, path: FieldPath, context: BuildContext): string | undefined {
  if (file === undefined) return undefined;
  const { problems, readFile } = context;
  try {
    const template = readFile(file);
    if (template.length > MAX_CHARACTERS) {
      problems.add(path, `must be a file of at most ${MAX_CHARACTERS} characters, got ${template.length}`);
    }
    for (const [placeholder, name] of template.matchAll(PLACEHOLDER)) {
      if (PLACEHOLDERS.has(name.trim())) continue;
      const allowed = [...PLACEHOLDERS.keys()].map((known) => `{{${known}}}`);
      problems.add(path, `must be a file with no other placeholders than ${allowed.join(', ')}`, {
        given: placeholder,
        names: allowed,
      });
    }
    return template;
  } catch (error) {
    problems.add(path, `must be a file that can be read: ${(error as Error).message}`, { given: file });
    return undefined;
  }
}

function isJson(template: string): boolean {
  try {
    JSON.parse(template.replace(PLACEHOLDER, (_, name: string) => PLACEHOLDERS.get(name.trim()) ?? '0'));
    return true;
  } catch {
    return false;
  }
}
