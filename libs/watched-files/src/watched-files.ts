// Files that belong together, such as a certificate and its key, and are read again when they have changed.
import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { versionOf } from './file-version.js';

/** How often the files are checked. Milliseconds. */
const INTERVAL_MS = 1000;

/**
 * Calls back when one of several files has changed. It reads their status every second, which also works for network file
 * systems, and for mounted secrets, whose links are replaced.
 */
export class WatchedFiles {
  private timer: NodeJS.Timeout | undefined;
  private known = '';
  private hasChanged = false;

  /**
   * @param paths may be a function, where other files are watched at another time.
   * @param onChange is called once the files have not changed between two checks, because files that belong together are written
   * one after the other.
   */
  constructor(
    private readonly paths: readonly string[] | (() => readonly string[]),
    private readonly onChange: () => void,
    private readonly intervalMs = INTERVAL_MS,
  ) {}

  /** Starts to watch the files. */
  async start(): Promise<void> {
    this.known = await this.versionNow();
    this.timer = setInterval(() => void this.check(), this.intervalMs).unref();
  }

  /** No callback is called after this. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async check(): Promise<void> {
    const version = await this.versionNow();
    if (this.timer === undefined) return;
    if (version !== this.known) {
      this.known = version;
      this.hasChanged = true;
    } else if (this.hasChanged) {
      this.hasChanged = false;
      this.onChange();
    }
  }

  private async versionNow(): Promise<string> {
    const paths = typeof this.paths === 'function' ? this.paths() : this.paths;
    const stats = await Promise.all(paths.map(statsOf));
    return stats.map(versionOf).join('\n');
  }
}

function statsOf(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined);
}
