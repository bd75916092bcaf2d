// Reads a small text file, and says in words why one cannot be read.
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';

/** The largest configuration file, and the largest file that it names, bytes: 1 MB. A thousand routes have a tenth of it. */
export const MAX_FILE_BYTES = 1_000_000;

/** What is wrong, by the code of the error. */
const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a directory',
  EACCES: 'permission is denied',
  ELOOP: 'it links to itself',
};

/** A file cannot be read. The message says why, and not which one. */
export class FileError extends Error {}

/**
 * Returns the text of a file. `check` gets the state of the very file that is read, and may throw for one that must not be
 * used.
 *
 * @throws {FileError} when there is no file, or it is no file that can be read, is too large, is not UTF-8, or `check` has
 * thrown.
 */
export function readSmallFile(path: string, check: (stats: Stats) => void = () => {}): string {
  try {
    return decode(readBytes(path, check));
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new FileError(CAUSES[code] ?? message, { cause: error });
  }
}

/** Does not wait for a writer of a pipe, and does not read more than the size that is allowed. */
function readBytes(path: string, check: (stats: Stats) => void): Buffer {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) throw new Error('it is a directory');
    if (!stats.isFile()) throw new Error('it is not a regular file');
    if (stats.size > MAX_FILE_BYTES) {
      throw new Error(`it must have at most ${MAX_FILE_BYTES} bytes, and has ${stats.size}`);
    }
    check(stats);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Error('it is not UTF-8 text', { cause: error });
  }
}
