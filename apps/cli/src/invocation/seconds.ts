// Options that take a number of seconds.
import { InvalidArgumentError } from 'commander';

/** A parser of seconds, fractions allowed. */
export function seconds(text: string): number {
  if (/^\d{1,5}(\.\d{1,9})?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number of seconds, such as 30.');
}
