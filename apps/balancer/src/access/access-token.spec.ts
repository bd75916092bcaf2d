import { describe, expect, it } from 'vitest';
import { ROLES } from '../config/token-variables.js';
import { includesRole, matchesAny } from './access-token.js';

describe('matchesAny', () => {
  it.each([
    ['files-1', ['files-1'], true],
    ['files-1', ['files-*'], true],
    ['files-', ['files-*'], true],
    ['xfiles-1', ['files-*'], false],
    ['files', ['files-*'], false],
    ['files-10', ['files-1'], false],
    ['a', ['b', '*'], true],
    ['http://10.0.0.7:80', ['http://10.0.0.*:80'], true],
    ['http://10.0.0.7:8080', ['http://10.0.0.*:80'], false],
    ['eu-files-1', ['*-files-*'], true],
    ['eu-cache-1', ['*-files-*'], false],
    ['aba', ['ab*ba'], false],
    ['abba', ['ab*ba'], true],
    ['a.b', ['a?b', 'a.*c'], false],
    ['axbyc', ['a*b*c'], true],
    ['abab', ['a**b'], true],
    ['ab', ['a*b*b'], false],
  ])('%s for %j: %s', (id, patterns, expected) => {
    expect(matchesAny(patterns, id)).toBe(expected);
  });
});

it('operate includes every role, and the others only themselves', () => {
  const included = ROLES.map((role) => ROLES.filter((needed) => includesRole(role, needed)));
  expect(included).toEqual([['read'], ['register'], ['read', 'register', 'operate']]);
});
