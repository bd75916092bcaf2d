import { describe, expect, it } from 'vitest';
import { outermostIssue } from './outermost-issue.js';

describe('outermostIssue', () => {
  it('returns the issue with the shortest path, the first of several', () => {
    const issues = [{ path: ['a', 'b'] }, { path: ['c'] }, { path: ['d'] }];
    expect(outermostIssue(issues)).toBe(issues[1]);
  });

  it('counts an issue without a path as the outermost', () => {
    const issues = [{ path: ['a'] }, { message: 'the whole value' }];
    expect(outermostIssue(issues)).toBe(issues[1]);
  });

  it('returns undefined when there is no issue', () => {
    expect(outermostIssue([])).toBeUndefined();
  });

  it('leaves the order of the issues as it was', () => {
    const issues = [{ path: ['a', 'b'] }, { path: ['c'] }];
    outermostIssue(issues);
    expect(issues).toEqual([{ path: ['a', 'b'] }, { path: ['c'] }]);
  });
});
