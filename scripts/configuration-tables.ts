// The README's configuration tables: made from the applications' schemas, found again between markers.

/** A variable, as `describeVariables` of libs/configuration tells it. */
export interface Variable {
  readonly name: string;
  readonly defaultValue: string | undefined;
  readonly description: string;
}

/** A table of Markdown, in the form prettier gives it. */
export function configurationTable(variables: readonly Variable[]): string {
  const rows = [
    ['variable', 'default', 'meaning'],
    ...variables.map(({ name, defaultValue, description }) => [
      `\`${name}\``,
      defaultValue === undefined ? '' : `\`${defaultValue}\``,
      description.replaceAll('|', '\\|'),
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}

/** `text` with what stands between the markers of `app` replaced. @throws {Error} when the markers are not there. */
export function withTable(text: string, app: string, table: string): string {
  const [begin, end] = markersOf(app);
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the markers ${begin} and ${end} are missing`);
  return `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
}

function markersOf(app: string): [string, string] {
  return [`<!-- configuration of ${app}: npm run docs:config -->`, `<!-- end of ${app} -->`];
}
