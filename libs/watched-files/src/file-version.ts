// Identifies the version of a file, to see whether it has changed.
import type { BigIntStats } from 'node:fs';

/**
 * Returns a text that differs after each write, and after another file was moved or linked to the path. It is empty while there
 * is no file.
 *
 * @param stats of the path, followed through its links.
 */
export function versionOf(stats: BigIntStats | undefined): string {
  return stats ? `${stats.ino} ${stats.size} ${stats.mtimeNs}` : '';
}
