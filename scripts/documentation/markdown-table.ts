// Markdown tables, formatted as prettier would.

/** A table with these rows, the first of which is its head. Vertical bars in cells are escaped. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const escaped = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = escaped[0].map((_, column) => Math.max(3, ...escaped.map((row) => row[column].length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(escaped[0]), rule, ...escaped.slice(1).map(line)].join('\n');
}
