import { assert, constantFrom, array, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PATH_ACTIONS } from '../../config/path-rules.js';
import { PathRules, type PathActions } from './path-rules.js';

const KEEP: PathActions = {
  ESCAPED_CHARACTERS: 'keep',
  ESCAPED_SLASHES: 'keep',
  REPEATED_SLASHES: 'keep',
  DOT_SEGMENTS: 'keep',
};
const NORMALIZE: PathActions = {
  ESCAPED_CHARACTERS: 'normalize',
  ESCAPED_SLASHES: 'normalize',
  REPEATED_SLASHES: 'normalize',
  DOT_SEGMENTS: 'normalize',
};

const applied = (target: string, actions: Partial<PathActions>) => new PathRules({ ...KEEP, ...actions }).apply(target);

describe('a path', () => {
  it.each(['/a', '/a//b/../c%2fd?e//f/../g%2Fh', '//', '/.', '/..;/a', '*'])('is kept by default: %s', (target) => {
    expect(new PathRules(KEEP).keepAll).toBe(true);
    expect(new PathRules(KEEP).apply(target)).toBe(target);
  });

  it.each([
    ['/a%2fb%2Fc', '/a/b/c'],
    ['/a%5cb%5C', '/a/b/'],
    ['/a%252fb', '/a%252fb'],
    ['/a?b=%2f', '/a?b=%2f'],
  ])('has its escaped slashes normalized: %s', (target, expected) => {
    expect(applied(target, { ESCAPED_SLASHES: 'normalize' })).toBe(expected);
  });

  it.each([
    ['/%61dmin/%41%7e', '/admin/A~'],
    ['/a%2Db%5f%30%39', '/a-b_09'],
    ['/a%2fb%25%3a%3F', '/a%2fb%25%3a%3F'],
    ['/%%36%31', '/a'],
    ['/a?b=%61', '/a?b=%61'],
  ])('has its escaped characters unescaped: %s', (target, expected) => {
    expect(applied(target, { ESCAPED_CHARACTERS: 'normalize' })).toBe(expected);
  });

  it.each([
    ['//a///b//', '/a/b/'],
    ['/', '/'],
    ['/a?b//c', '/a?b//c'],
  ])('has its repeated slashes merged: %s', (target, expected) => {
    expect(applied(target, { REPEATED_SLASHES: 'normalize' })).toBe(expected);
  });

  it.each([
    // The example of RFC 3986 §5.2.4.
    ['/a/b/c/./../../g', '/a/g'],
    ['/a/./b', '/a/b'],
    ['/a/.', '/a/'],
    ['/a/..', '/'],
    ['/a/b/..', '/a/'],
    ['/..', '/'],
    ['/../../a', '/a'],
    ['/a/%2e%2E/b', '/b'],
    ['/a/.%2e/b', '/b'],
    ['/a/%2e/b', '/a/b'],
    ['/a/...', '/a/...'],
    ['/a/.b/c..', '/a/.b/c..'],
    ['/a//../b', '/a/b'],
    ['/a?b/../c', '/a?b/../c'],
  ])('has its dot segments removed: %s', (target, expected) => {
    expect(applied(target, { DOT_SEGMENTS: 'normalize' })).toBe(expected);
  });

  it.each([
    [
      '/%61',
      'ESCAPED_CHARACTERS',
      'the path must not have a letter, a digit or one of - . _ ~ in escaped form, such as %61',
    ],
    ['/a%2fb', 'ESCAPED_SLASHES', 'the path must not have an escaped slash (%2F or %5C)'],
    ['/a//b', 'REPEATED_SLASHES', 'the path must not have two slashes in a row'],
    ['/a/%2e%2e/b', 'DOT_SEGMENTS', 'the path must not have a dot segment (. or ..)'],
  ] as const)('is refused: %s by %s', (target, variable, problem) => {
    expect(applied(target, { [variable]: 'reject' })).toEqual({ statusCode: 400, message: problem });
    expect(applied('/a/b?c=%2f//../', { [variable]: 'reject' })).toBe('/a/b?c=%2f//../');
  });

  it.each([
    ['/a%2f%2e%2e%2fb', '/b'],
    ['/a/%2f../b', '/b'],
  ])('is normalized in this order: slashes, runs of them, dot segments: %s', (target, expected) => {
    expect(applied(target, NORMALIZE)).toBe(expected);
  });

  it('is not changed again by what has normalized it', () => {
    const pieces = constantFrom(
      '/',
      '//',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      '%25',
      '2f',
      '%',
      '%36',
      '%31',
      'a',
      ';',
      '?',
    );
    const actions = constantFrom(...PATH_ACTIONS);
    assert(
      property(array(pieces), tuple(actions, actions, actions, actions), (parts, [escapes, slashes, runs, dots]) => {
        const rules = new PathRules({
          ESCAPED_CHARACTERS: escapes,
          ESCAPED_SLASHES: slashes,
          REPEATED_SLASHES: runs,
          DOT_SEGMENTS: dots,
        });
        const once = rules.apply(`/${parts.join('')}`);
        if (typeof once === 'string') expect(rules.apply(once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });
});
