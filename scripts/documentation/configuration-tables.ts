// The tables of docs/configuration.md: generated from the applications' schemas, inserted between markers.
import { withSection } from './generated-section.ts';

/** A variable, as `describeVariables` of libs/configuration returns it. */
export interface Variable {
  readonly name: string;
  readonly defaultValue: string | undefined;
  readonly description: string;
}

/** A Markdown table, formatted as prettier would. `kind` is what its rows describe. */
export function configurationTable(variables: readonly Variable[], kind = 'variable'): string {
  const rows = [
    [kind, 'default', 'meaning'],
    ...variables.map(({ name, defaultValue, description }) => [
      `\`${name}\``,
      cellOf(defaultValue),
      description.replaceAll('|', '\\|'),
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}

/** A value as code; a default that is described in words as it is. */
function cellOf(value = ''): string {
  if (value === '') return '';
  return value.includes(' ') ? value.replaceAll('|', '\\|') : `\`${value}\``;
}

/** Returns `text` with the table of `app`, or of another subject, replaced. @throws {Error} when its markers are missing. */
export function withTable(text: string, app: string, table: string): string {
  const markers = { begin: `<!-- configuration of ${app}: npm run docs:config -->`, end: `<!-- end of ${app} -->` };
  return withSection(text, markers, table);
}
