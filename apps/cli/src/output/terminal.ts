// Writes to stdout: with colours for terminals that want them, and in as many columns as there are.
import { styleText } from 'node:util';
import { escapeControls, escapeUnseen } from '@fairlead/configuration';
import { outputColumns } from './columns.js';

/** How `styleText` of Node calls colours and weights. */
export type Style = Parameters<typeof styleText>[0];

/** Writes a line, or several. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Writes what the API sent, for programs. */
export function printJson(value: unknown, indent?: number): void {
  print(escapeUnseen(JSON.stringify(value, null, indent)));
}

/** Coloured where stdout is a terminal, unless NO_COLOR is set. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

const MAX_COLUMNS = 80;

/** A paragraph in lines that fit. */
export function wrapped(text: string): string {
  const columns = Math.min(MAX_COLUMNS, outputColumns());
  let length = 0;
  return text
    .split(' ')
    .map((word, i) => {
      const isFirst = i === 0;
      const fits = length + 1 + word.length <= columns;
      length = isFirst || !fits ? word.length : length + 1 + word.length;
      if (isFirst) return word;
      return fits ? ` ${word}` : `\n${word}`;
    })
    .join('');
}

/** Text that came from elsewhere, without what would change the terminal. */
export function printable(text: string): string {
  return escapeControls(escapeUnseen(text));
}
