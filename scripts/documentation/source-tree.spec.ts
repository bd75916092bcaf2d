import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sourceTree, undescribed, withTree } from './source-tree.ts';

const FILES = {
  'apps/door/src/main.ts': '// Opens the door. Then closes it.',
  'apps/door/src/main.spec.ts': 'no comment',
  'apps/door/src/zoo.fixture.ts': 'no comment',
  'apps/door/src/golden/data.json': '{}',
  'apps/door/src/lock/README.md': '# The lock\n\nWhat keeps it shut. And more.',
  'apps/door/src/lock/key.ts': '// Turns.',
  'apps/door/src/lock/bolt/bolt.ts': '// Slides.',
  'apps/door/public/assets/page.css': '/* The look. */',
  'apps/door/public/index.html': '<!doctype html>',
  'libs/hinge/src/index.ts': 'export {};',
  'libs/hinge/test/other.ts': 'no comment',
};

/** A checkout with these files and the folders that the tree describes. */
function aCheckout(files: Readonly<Record<string, string>>, folders: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-tree-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const OTHERS = { 'scripts/': 'commands', 'test/door/': 'opens it' };

describe('the tree', () => {
  it('lists source files with their first sentences, and folders with those of their README.md', () => {
    expect(sourceTree(aCheckout(FILES, ['scripts', 'test/door']), OTHERS)).toBe(`apps/door/public/assets/
  page.css  The look

apps/door/src/
  main.ts      Opens the door
  lock/        What keeps it shut
    key.ts     Turns
    bolt/
      bolt.ts  Slides

libs/hinge/src/
  index.ts

scripts/    commands
test/door/  opens it`);
  });

  it('names folders of bench and test that it cannot describe, and folders that are gone', () => {
    expect(() => sourceTree(aCheckout(FILES, ['scripts', 'test/door', 'test/new', 'bench/new']), OTHERS)).toThrow(
      'source-tree.ts must say what is in bench/new/, test/new/',
    );
    expect(() => sourceTree(aCheckout(FILES, ['test/door']), OTHERS)).toThrow(
      'source-tree.ts describes scripts/, which does not exist',
    );
  });

  it('names source files that do not begin with a comment', () => {
    expect(undescribed(aCheckout(FILES, []))).toEqual(['libs/hinge/src/index.ts']);
  });

  it('replaces the tree of the document, and nothing else', () => {
    const document = 'before\n<!-- tree: npm run docs:tree -->\nold\n<!-- end of tree -->\nafter\n';
    const replaced = withTree(document, 'new');
    expect(replaced).toBe('before\n<!-- tree: npm run docs:tree -->\n\n```\nnew\n```\n\n<!-- end of tree -->\nafter\n');
    expect(withTree(replaced, 'new')).toBe(replaced);
    expect(() => withTree('no markers', 'new')).toThrow('the markers <!-- tree: npm run docs:tree --> and');
  });
});
