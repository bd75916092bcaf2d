// The links of all documents lead somewhere, and docs/README.md lists every document.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENTS = ['*.md', '{apps,docs,examples}/**/*.md'].flatMap((pattern) => globSync(pattern, { cwd: ROOT }));

const read = (document: string) => readFileSync(join(ROOT, document), 'utf8');

/** What a document links to within the repository, as it stands there. */
function linksOf(document: string): string[] {
  const text = read(document);
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g), ...text.matchAll(/(?:src|srcset)="([^"]+)"/g)];
  return links.map(([, target]) => target).filter((target) => !/^https?:/.test(target));
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(document: string): string[] {
  const headings = [...read(document).matchAll(/^#+ (.*)$/gm)];
  return headings.map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function leadsSomewhere(document: string, link: string): boolean {
  const [path, anchor] = link.split('#');
  const target = path === '' ? document : relative(ROOT, join(ROOT, dirname(document), path));
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(target).includes(anchor);
}

describe('the links of', () => {
  it.each(DOCUMENTS)('%s lead somewhere', (document) => {
    expect(linksOf(document).filter((link) => !leadsSomewhere(document, link))).toEqual([]);
  });
});

describe('docs/README.md', () => {
  it('lists every document', () => {
    const listed = new Set(linksOf('docs/README.md').map((link) => join('docs', link)));
    const all = globSync('docs/*.md', { cwd: ROOT }).filter((document) => document !== 'docs/README.md');
    expect(all.filter((document) => !listed.has(document))).toEqual([]);
  });
});

describe('docs/cluster.md', () => {
  it('has the figures of docs/placement.md for balancers that do not share their load', () => {
    const measured = read('docs/placement.md').matchAll(
      /^### (\d) balancers\n[^#]*?^\| own view +\| (\S+) +\| (\S+) /gm,
    );
    const shown = read('docs/cluster.md').matchAll(/^\| (\d) +\| ([\d.]+) +\| ([\d.]+) +\|$/gm);
    const figures = [...measured].map(([, balancers, worst, median]) => [balancers, median, worst]);
    expect(figures).toHaveLength(3);
    expect([...shown].map(([, ...cells]) => cells)).toEqual(figures);
  });
});
