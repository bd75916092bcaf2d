// Measures what a process may use of this machine: cores, memory, and how fast a disk is.
import { closeSync, constants, fdatasyncSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';

/** What was measured. */
export interface Measurement {
  /** Those that this process may use: limits of its container are counted. */
  readonly cores: number;
  /** The same, bytes. */
  readonly memoryBytes: number;
  readonly folder: string;
  /** Megabytes per second. */
  readonly writeSpeed: number;
  /** The same, past the memory that caches files; undefined if the file system cannot do that. */
  readonly readSpeed: number | undefined;
}

/** Writing and reading each take this long at most, and a file is no larger than this. */
const MAX_MS = 900;
const MAX_BYTES = 256 * 1024 * 1024;
const CHUNK_BYTES = 4 * 1024 * 1024;
const BYTES_PER_MB = 1e6;
/** The most that getRandomValues fills in one call. Random data, because some file systems compress. */
const RANDOM_BYTES = 65_536;

/** Measures for two seconds at most. @throws {Error} with a sentence when no file can be written. */
export function measureMachine(folder: string): Measurement {
  const constrained = process.constrainedMemory();
  const total = totalmem();
  return {
    cores: availableParallelism(),
    memoryBytes: constrained > 0 ? Math.min(total, constrained) : total,
    folder,
    ...measureDisk(folder),
  };
}

function measureDisk(folder: string): Pick<Measurement, 'writeSpeed' | 'readSpeed'> {
  const file = join(folder, `.fairlead-measurement-${process.pid}`);
  const writer = open(file);
  let reader: number | undefined;
  // A resizable buffer begins at a page, as reads past the cache require.
  const chunk = new Uint8Array(new ArrayBuffer(CHUNK_BYTES, { maxByteLength: CHUNK_BYTES }));
  for (let i = 0; i < CHUNK_BYTES; i += RANDOM_BYTES) crypto.getRandomValues(chunk.subarray(i, i + RANDOM_BYTES));
  try {
    // From here on the file exists only while it is open: nothing is left behind, however this process ends.
    unlinkSync(file);
    reader = openUncached(writer);
    const written = timed(() => {
      const count = writeSync(writer, chunk);
      fdatasyncSync(writer);
      return count;
    });
    const writeSpeed = written.speed;
    if (reader === undefined) return { writeSpeed, readSpeed: undefined };
    let position = 0;
    const uncached = reader;
    const read = timed(() => {
      if (position + CHUNK_BYTES > written.bytes) position = 0;
      const count = readSync(uncached, chunk, 0, CHUNK_BYTES, position);
      position += count;
      return count;
    });
    return { writeSpeed, readSpeed: read.speed };
  } catch (error) {
    throw new Error(`the disk of ${folder} cannot be measured: ${(error as Error).message}`, { cause: error });
  } finally {
    closeSync(writer);
    if (reader !== undefined) closeSync(reader);
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EROFS' || code === 'EACCES' ? 'it cannot be written to' : message;
    throw new Error(
      `the disk cannot be measured in ${JSON.stringify(file.slice(0, file.lastIndexOf('/')) || '/')}: ${reason}. ` +
        'Give another folder with --measure-in, or --compute and --storage',
      { cause: error },
    );
  }
}

/** Opens a file that is open already, by Linux's link to it: its name may be that of another file by now. */
function openUncached(descriptor: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY | constants.O_DIRECT);
  } catch {
    return undefined;
  }
}

/** Repeats an operation, which returns how many bytes it has moved. */
function timed(operation: () => number): { readonly bytes: number; readonly speed: number } {
  const startedMs = performance.now();
  let bytes = 0;
  let elapsedMs = 0;
  do {
    bytes += operation();
    elapsedMs = performance.now() - startedMs;
  } while (elapsedMs < MAX_MS && bytes < MAX_BYTES);
  return { bytes, speed: bytes / BYTES_PER_MB / (elapsedMs / 1000) };
}
