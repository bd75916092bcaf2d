// Markdown tables and their number format.

/** The name of a row, and its cells. */
export type Row = readonly [string, readonly string[]];

export function table(corner: string, head: readonly string[], rows: readonly Row[]): string {
  const all: readonly Row[] = [[corner, head], ['---', head.map(() => '---')], ...rows];
  return all.map(([name, cells]) => `| ${name} | ${cells.join(' | ')} |`).join('\n');
}

/** Three significant digits, without an exponent. */
export function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
