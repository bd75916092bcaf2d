import { expect, it } from 'vitest';
import { dependencyProblems } from './variable-dependencies.js';

it.each([
  [{ KEY: 'a' }, ['KEY needs CERTIFICATE, which is not set']],
  [{ KEY: 'a', CERTIFICATE: 'b' }, []],
  [{ CERTIFICATE: 'b' }, []],
  [{}, []],
])('dependencyProblems(%j) is %j', (variables, sentences) => {
  expect(dependencyProblems(variables, 'KEY', 'CERTIFICATE')).toEqual(sentences);
});
