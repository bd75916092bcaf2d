// The last part of `npm run test:coverage`: the coverage of each library and application, as a table of Markdown.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Count {
  readonly total: number;
  readonly covered: number;
}

/** A file's entry in the report of Istanbul's reporter `json-summary`. */
interface FileSummary {
  readonly lines: Count;
  readonly branches: Count;
  readonly functions: Count;
}

const MEASURES = ['lines', 'branches', 'functions'] as const;
const ROOT = fileURLToPath(new URL('..', import.meta.url));

const summaries = JSON.parse(readFileSync(`${ROOT}reports/coverage/coverage-summary.json`, 'utf8')) as Record<
  string,
  FileSummary
>;
const files = Object.entries(summaries).filter(([path]) => path.startsWith(ROOT));
const parts = Map.groupBy(files, ([path]) => path.slice(ROOT.length).split('/', 2).join('/'));
const rows = [
  ['', ...MEASURES],
  ['---', ...MEASURES.map(() => '--:')],
  ...[...parts]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([part, members]) => [`\`${part}\``, ...shares(members)]),
  ['all', ...shares(files)],
];
process.stdout.write(`\n${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`);

/** The covered share in percent, by measure. */
function shares(members: readonly (readonly [string, FileSummary])[]): string[] {
  return MEASURES.map((measure) => {
    const counts = members.map(([, summary]) => summary[measure]);
    const sum = (what: keyof Count) => counts.reduce((total, count) => total + count[what], 0);
    return `${Math.floor((100 * sum('covered')) / sum('total'))} %`;
  });
}
