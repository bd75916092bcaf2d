// Messages of the command itself, on stderr.
import { printable } from './terminal.js';

/** A message about what happens, or what went wrong. It may quote what a server has sent. */
export function report(message: string): void {
  process.stderr.write(`fairlead: ${printable(message)}\n`);
}

/** Says what is probably a mistake. */
export function warn(message: string): void {
  report(`warning: ${message}`);
}
