// Tells whether a file is still the one that was read.
import type { BigIntStats } from 'node:fs';

/**
 * Differs after each write, and after another file was moved or linked to the path; empty while there is no file.
 *
 * @param stats of the path, followed through its links.
 */
export function versionOf(stats: BigIntStats | undefined): string {
  return stats ? `${stats.ino} ${stats.size} ${stats.mtimeNs}` : '';
}
