// What a process says right before it is ended from within.
import { writeSync } from 'node:fs';

const STDERR = 2;

/** Writes a line at once. Not by the log, whose last lines may still be on their way when the process ends. */
export function writeLastWords(line: string): void {
  try {
    writeSync(STDERR, `${line}\n`);
  } catch {
    // The process is ended whether or not its output can be written.
  }
}
