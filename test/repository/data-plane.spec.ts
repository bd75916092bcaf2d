// The table of the data plane's README names files and methods as they are, and the methods carry the numbers of the steps.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SOURCES = fileURLToPath(new URL('../../apps/balancer/src', import.meta.url));
const DATA_PLANE = join(SOURCES, 'data-plane');
const README = readFileSync(join(DATA_PLANE, 'README.md'), 'utf8');

/** A row of the table. */
interface Step {
  readonly number: string;
  readonly name: string;
  readonly files: string[];
  readonly methods: string[];
}

const codeIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code);

const steps: Step[] = [...README.matchAll(/^\| (\d+) +\| ([^|]+?) +\| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, number, name, files, methods]) => ({ number, name, files: codeIn(files), methods: codeIn(methods) }),
);

/** The classes of the balancer by name. */
const classes = new Map<string, ts.ClassDeclaration>();
for (const file of globSync('**/*.ts', { cwd: SOURCES })) {
  if (file.endsWith('.spec.ts') || file.endsWith('.fixture.ts')) continue;
  const source = ts.createSourceFile(file, readFileSync(join(SOURCES, file), 'utf8'), ts.ScriptTarget.Latest, true);
  for (const statement of source.statements) {
    if (ts.isClassDeclaration(statement) && statement.name) classes.set(statement.name.text, statement);
  }
}

/** The comment above `Class.method`; undefined when there is no such method. */
function docstringOf(qualifiedName: string): string | undefined {
  const [className, methodName] = qualifiedName.split('.');
  const method = classes.get(className)?.members.find((member) => {
    return ts.isMethodDeclaration(member) && member.name.getText() === methodName;
  });
  return method && ts.getJSDocCommentsAndTags(method).at(-1)?.getText();
}

describe('the table of steps', () => {
  it('has ten steps, and the list below it explains the same ones', () => {
    const explained = [...README.matchAll(/^(\d+)\. \*\*(.+?)\.\*\*/gm)].map(([, number, name]) => [
      number,
      name.toLowerCase(),
    ]);
    expect(explained).toHaveLength(10);
    expect(steps.map(({ number, name }) => [number, name])).toEqual(explained);
  });

  const files = steps.flatMap(({ number, files }) => files.map((file) => [number, file]));
  it.each(files)('names a file that exists: step %s, %s', (_number, file) => {
    expect(existsSync(join(DATA_PLANE, file))).toBe(true);
  });

  const methods = steps.flatMap(({ number, methods }) => methods.map((method) => [number, method]));
  it.each(methods)('names a method whose docstring begins with the step: step %s, %s', (number, method) => {
    expect(docstringOf(method), `the docstring of ${method}`).toMatch(new RegExp(`^/\\*\\*[\\s*]*Step ${number}\\b`));
  });
});
