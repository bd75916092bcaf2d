// A small file that is read again when it has changed.
import { readFileSync, statSync } from 'node:fs';
import { versionOf } from './file-version.js';

/** The callbacks of {@link WatchedFile}. */
export interface FileWatcher<Value> {
  /** The file has changed and was read. */
  readonly onChange?: ((value: Value) => void) | undefined;
  /** The file has changed and cannot be read, or its content is not valid. The value stays as it was. */
  readonly onProblem?: ((message: string) => void) | undefined;
}

/** Reads a file, and reads it again when it has changed: each use checks the file, so a change applies to the next request. */
export class WatchedFile<Value> {
  private current: Value;
  private version: string;

  /** @throws {Error} when the file cannot be read, or `parse` throws. */
  constructor(
    private readonly path: string,
    private readonly parse: (text: string) => Value,
    private readonly watcher: FileWatcher<Value> = {},
  ) {
    this.version = this.versionNow();
    this.current = this.read();
  }

  /** What is in the file now; if that is not valid, what was in it before. */
  get value(): Value {
    const version = this.versionNow();
    if (version === this.version) return this.current;
    this.version = version;
    try {
      this.current = this.read();
    } catch (error) {
      this.watcher.onProblem?.(error instanceof Error ? error.message : String(error));
      return this.current;
    }
    this.watcher.onChange?.(this.current);
    return this.current;
  }

  private read(): Value {
    return this.parse(readFileSync(this.path, 'utf8'));
  }

  private versionNow(): string {
    return versionOf(statSync(this.path, { bigint: true, throwIfNoEntry: false }));
  }
}
