// The tree of docs/architecture.md lists the source files as they are.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sourceTree, undescribed, withTree } from '../../scripts/documentation/source-tree.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('the tree of docs/architecture.md', () => {
  it('has a sentence for every source file', () => {
    const what = 'these files must begin with a comment that says what the file is for';
    expect(undescribed(ROOT), what).toEqual([]);
  });

  it('lists the source files as they are', () => {
    const document = readFileSync(`${ROOT}docs/architecture.md`, 'utf8');
    const what = 'the tree of docs/architecture.md is out of date: npm run docs:tree rewrites it';
    expect(document, what).toBe(withTree(document, sourceTree(ROOT)));
  });
});
