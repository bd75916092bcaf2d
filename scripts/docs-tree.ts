// `npm run docs:tree`: rewrites the tree of docs/architecture.md from the first sentence of every source file.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sourceTree, undescribed, withTree } from './documentation/source-tree.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const document = `${root}docs/architecture.md`;

const silent = undescribed(root);
if (silent.length > 0) {
  process.stderr.write(`must begin with a comment that says what the file is for: ${silent.join(', ')}\n`);
  process.exit(1);
}
writeFileSync(document, withTree(readFileSync(document, 'utf8'), sourceTree(root)));
