// Tables for people: columns without borders, the less important of which are left out where they have no room.
import Table from 'cli-table3';
import { outputColumns } from './columns.js';
import { printable, styled, type Style } from './terminal.js';

/** A column of a table of `Row`s. */
export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** What a server has sent may be in it: it is escaped. */
  readonly cell: (row: Row) => string;
  readonly style?: (row: Row) => Style;
  /** When there is no room, columns are left out from the highest number down; those without one stay. */
  readonly leaveOut?: number;
}

const GAP = '  ';

const BORDERS =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid';
const NO_BORDERS = Object.fromEntries(BORDERS.split(' ').map((name) => [name, '']));

/** The table, with a head, in at most as many columns as the terminal has, if the lasting ones fit. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const shown = thatFit(columns, rows, outputColumns());
  const table = new Table({
    head: shown.map(({ title }) => styled('dim', title)),
    colAligns: shown.map(({ align }) => align ?? 'left'),
    chars: { ...NO_BORDERS, middle: GAP },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => shown.map((column) => styledCell(column, row))));
  return withoutTrailingSpaces(table.toString());
}

/** A name and its value, which is escaped as cells are. */
export type Pair = readonly [name: string, value: string, style?: Style];

/** Names and values, one pair a line. */
export function formatPairs(pairs: readonly Pair[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs
    .map(([name, value, style]) => `${styled('dim', name.padEnd(width))}${GAP}${styledValue(printable(value), style)}`)
    .join('\n');
}

function styledCell<Row>({ cell, style }: Column<Row>, row: Row): string {
  return styledValue(printable(cell(row)), style?.(row));
}

function styledValue(text: string, style: Style | undefined): string {
  return style === undefined ? text : styled(style, text);
}

function thatFit<Row>(columns: readonly Column<Row>[], rows: readonly Row[], room: number): readonly Column<Row>[] {
  const widths = new Map(columns.map((column) => [column, widthOf(column, rows)]));
  let shown = columns;
  for (;;) {
    const width = shown.reduce((sum, column) => sum + widths.get(column)! + GAP.length, -GAP.length);
    const rank = Math.max(...shown.map(({ leaveOut = 0 }) => leaveOut));
    if (width <= room || rank === 0) return shown;
    shown = shown.filter(({ leaveOut }) => leaveOut !== rank);
  }
}

function widthOf<Row>({ title, cell }: Column<Row>, rows: readonly Row[]): number {
  return Math.max(title.length, ...rows.map((row) => printable(cell(row)).length));
}

function withoutTrailingSpaces(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
