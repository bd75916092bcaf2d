// The table of docs/metrics.md: generated from what a balancer exposes, inserted between markers.
import { withSection } from './generated-section.ts';
import { markdownTable } from './markdown-table.ts';

const MARKERS = { begin: '<!-- metrics: npm run docs:metrics -->', end: '<!-- end of metrics -->' };
const PREFIX = 'fairlead_';

/** One metric of an exposition. */
interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/**
 * The metrics of the balancer itself in an exposition, sorted by name, as a Markdown table.
 * @throws {Error} when one of them has no sample, since its labels are not known then.
 */
export function metricsTable(exposition: string): string {
  const metrics = metricsIn(exposition).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return markdownTable([
    ['metric', 'type', 'labels', 'meaning'],
    ...metrics.map(({ name, type, labels, help }) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(', '),
      help,
    ]),
  ]);
}

/** The document with this table. @throws {Error} when its markers are missing. */
export function withMetricsTable(document: string, table: string): string {
  return withSection(document, MARKERS, table);
}

function metricsIn(exposition: string): Metric[] {
  const blocks = exposition.split('# HELP ').filter((block) => block.startsWith(PREFIX));
  return blocks.map((block) => {
    const [first, second, ...samples] = block.trim().split('\n');
    const name = first.slice(0, first.indexOf(' '));
    const sample = samples.find((line) => !line.startsWith('#'));
    if (sample === undefined) throw new Error(`${name} has no sample: the balancer must be started so that it has one`);
    const labels = [...sample.matchAll(/[{,](\w+)="/g)].map(([, label]) => label).filter((label) => label !== 'le');
    return { name, help: first.slice(name.length + 1), type: second.split(' ').at(-1) ?? '', labels };
  });
}
