// The tree of docs/architecture.md: the source files with the first sentence of each, and the folders around them.
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describedIn, introductionOf } from './first-sentence.ts';
import { withSection } from './generated-section.ts';

/** Folders whose files are listed. */
const LISTED = ['apps/*/src', 'apps/*/public/assets', 'libs/*/src'];

/** The other folders, and what is in them. */
const OTHERS: Readonly<Record<string, string>> = {
  'scripts/': 'build, test, documentation; supervise and reload for rolling restarts',
  'test/': 'end to end: real processes on free ports',
  'test/balancer/': 'the balancer between clients and backends',
  'test/chaos/': 'harms real processes under load, and counts what became of every request',
  'test/cli/': 'the command fairlead',
  'test/control-plane/': 'who may use the control plane, and how much of it',
  'test/dashboard/': 'the dashboard, and its page in a browser',
  'test/differential/': 'the same bytes through both lanes',
  'test/metrics/': 'what the metrics say, in JSON and for Prometheus',
  'test/packages/': 'the published packages, installed outside the repository in applications',
  'test/processes/': 'processes, ports and inspectors, for tests, chaos and benchmarks',
  'test/registry/': 'what holds for every keeper of the registry',
  'test/cluster/': 'several balancers that share a registry',
  'test/repository/': 'documents and container files compared with the code',
  'test/security/': 'attacks the balancer as strangers do',
  'test/support/': 'processes, clients and backends for these tests',
  'test/system/': 'all processes together: the demo, a fleet, rolling restarts',
  'test/tls/': 'TLS between clients, balancer and backends',
  'test/traffic/': 'the configuration file: reloads, its backends, and those of DNS, error pages',
  'bench/cluster/': 'what it costs balancers and Redis to share a fleet',
  'bench/contenders/': 'how other balancers are started, for race/ and data-plane/',
  'bench/data-plane/': 'what a request costs in CPU time, beside other proxies or another build: performance.md',
  'bench/decision/': 'how long one placement takes',
  'bench/first-request/': 'how long a newcomer waits for the first response, in fresh clones',
  'bench/handshakes/': 'what a TLS handshake costs in CPU time, beside a bare server and nginx',
  'bench/http1/': 'how long framing takes',
  'bench/latent/': 'what learning from latency costs in CPU time',
  'bench/placement/': 'every policy on every fleet, in a simulator: writes the figures of placement.md',
  'bench/race/': 'Fairlead beside other balancers: race.md',
  'docs/': 'documents, decisions, plots and images; docs/README.md lists the documents',
};

const MARKERS = { begin: '<!-- tree: npm run docs:tree -->', end: '<!-- end of tree -->' };

/** Folders that must all be listed in OTHERS. */
const MUST_BE_OTHERS = ['bench/*', 'test/*'];

const SOURCE = /(?<!\.spec|\.fixture)\.(?:ts|js|css)$/;

/** A line of the tree. */
interface Line {
  readonly depth: number;
  readonly name: string;
  readonly about: string;
}

/**
 * The tree as plain text: a block for each listed folder, and one for the others.
 * @throws {Error} when one of the others is missing, here or on disk.
 */
export function sourceTree(root: string, others = OTHERS): string {
  assertComplete(root, others);
  const blocks = foldersOf(root).map((folder) => linesOf(root, folder, `${folder}/`, 0));
  const last = Object.entries(others).map(([name, about]) => ({ depth: 0, name, about }));
  return [...blocks, last].map(textOf).join('\n\n');
}

/** Source files without a description, because they do not begin with a comment. */
export function undescribed(root: string): string[] {
  const files = foldersOf(root).flatMap((folder) => sourcesIn(root, folder));
  return files.filter((file) => sentenceOf(root, file) === undefined);
}

/** The document with this tree. @throws {Error} when its markers are missing. */
export function withTree(document: string, tree: string): string {
  return withSection(document, MARKERS, `\`\`\`\n${tree}\n\`\`\``);
}

function foldersOf(root: string): string[] {
  return globSync(LISTED, { cwd: root }).toSorted();
}

/** The source files of a folder and of those in it. */
function sourcesIn(root: string, folder: string): string[] {
  return globSync(`${folder}/**`, { cwd: root })
    .filter((path) => SOURCE.test(path))
    .toSorted();
}

/** Lists a folder, its files, then its subfolders; folders without source files are left out. */
function linesOf(root: string, folder: string, name: string, depth: number): Line[] {
  if (sourcesIn(root, folder).length === 0) return [];
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const files = entries.filter((entry) => entry.isFile() && SOURCE.test(entry.name));
  const folders = entries.filter((entry) => entry.isDirectory());
  return [
    { depth, name, about: introductionIn(root, folder) ?? '' },
    ...files.map((file) => ({
      depth: depth + 1,
      name: file.name,
      about: sentenceOf(root, `${folder}/${file.name}`) ?? '',
    })),
    ...folders.flatMap((inner) => linesOf(root, `${folder}/${inner.name}`, `${inner.name}/`, depth + 1)),
  ];
}

function sentenceOf(root: string, file: string): string | undefined {
  return describedIn(readFileSync(join(root, file), 'utf8'));
}

/** The description of a folder, from its README.md. */
function introductionIn(root: string, folder: string): string | undefined {
  const readme = join(root, folder, 'README.md');
  return existsSync(readme) ? introductionOf(readFileSync(readme, 'utf8')) : undefined;
}

function assertComplete(root: string, others: Readonly<Record<string, string>>): void {
  const inside = globSync(MUST_BE_OTHERS, { cwd: root, withFileTypes: true });
  const present = inside
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${basename(entry.parentPath)}/${entry.name}/`);
  const missing = present.filter((folder) => !(folder in others)).toSorted();
  if (missing.length > 0)
    throw new Error(`scripts/documentation/source-tree.ts must say what is in ${missing.join(', ')}`);
  const gone = Object.keys(others).filter((folder) => !existsSync(join(root, folder)));
  if (gone.length > 0)
    throw new Error(`scripts/documentation/source-tree.ts describes ${gone.join(', ')}, which does not exist`);
}

/** Formats a column of names, as wide as the longest name with a description, and a column of descriptions. */
function textOf(lines: readonly Line[]): string {
  const names = lines.map(({ depth, name }) => `${'  '.repeat(depth)}${name}`);
  const width = Math.max(0, ...names.filter((_, i) => lines[i].about !== '').map(({ length }) => length)) + 2;
  return lines.map(({ about }, i) => `${names[i].padEnd(width)}${about}`.trimEnd()).join('\n');
}
