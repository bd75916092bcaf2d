// No regular expression that meets what strangers send takes more than linear time: text of a few kilobytes could
// otherwise keep a thread busy for hours.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { expressionsIn, weaknessOf } from '../support/regular-expressions.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts', 'apps/dashboard/public/**/*.js'];
const TESTS = /\.(?:spec|fixture)\.ts$/;

/** Expressions that may stay, each with the reason: `file: expression`. */
const EXEMPT: Readonly<Record<string, string>> = {};

const all = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .filter((file) => !TESTS.test(file))
  .sort()
  .flatMap((file) =>
    expressionsIn(readFileSync(`${ROOT}${file}`, 'utf8')).map((expression) => ({ file, ...expression })),
  );

describe('the regular expressions of the sources', () => {
  it('take linear time', () => {
    const weak = all.flatMap((expression) => {
      const { file, line, text } = expression;
      const weakness = `${file}: ${text}` in EXEMPT ? undefined : weaknessOf(expression);
      return weakness === undefined ? [] : [`${file}:${line}: ${text} ${weakness}`];
    });
    expect(all.length).toBeGreaterThan(30);
    expect(weak, 'rewrite these, or list them in EXEMPT with the reason').toEqual([]);
  });

  it('are exempt only where they are', () => {
    const present = new Set(all.map(({ file, text }) => `${file}: ${text}`));
    expect(Object.keys(EXEMPT).filter((key) => !present.has(key))).toEqual([]);
  });
});

describe('the check', () => {
  const weaknessesIn = (source: string) => expressionsIn(source).map(weaknessOf);

  it.each([
    ['const x = /^(a+)+$/;', /exponential/],
    ["const x = new RegExp('^(a|a)*$', 'i');", /exponential/],
    ['text.replace(/\\/+$/, "")', /polynomial/],
    ['schema.regex(/^ *(.*) *$/)', /polynomial/],
    ['RegExp(pattern)', /at run time/],
  ])('finds the weakness of %s', (source, weakness) => {
    expect(weaknessesIn(source)).toEqual([expect.stringMatching(weakness)]);
  });

  it.each(['const x = /^[a-z]{1,8}$/i;', "const x = new RegExp('^a+$');", 'const half = a / b / c;'])(
    'finds nothing in %s',
    (source) => {
      expect(weaknessesIn(source).filter((weakness) => weakness !== undefined)).toEqual([]);
    },
  );
});
