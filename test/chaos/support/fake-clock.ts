// A wall clock that jumps while a process runs, by libfaketime: Linux's monotonic clock goes on as it is, as it does
// when an administrator or NTP sets the time.
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';

const ROOT = '/usr/lib';
const LIBRARY = 'faketime/libfaketime.so.1';

export interface FakeClock {
  /** What the command of a process is put behind, so that it lives by this clock. */
  readonly prefix: readonly string[];
  /** Sets the clock so many seconds off the true time, for all its processes. */
  readonly setOffset: (seconds: number) => void;
}

/** @throws {Error} when libfaketime is not installed: a sentence on how to. */
export function aFakeClock(folder: string): FakeClock {
  const library = findLibrary();
  if (library === undefined) {
    throw new Error(`no ${ROOT}/*/${LIBRARY}: install libfaketime, on Debian by apt-get install faketime`);
  }
  const file = `${folder}/clock-offset`;
  const setOffset = (seconds: number) => {
    // Renamed, because it is read at every look at the clock and must never be seen half written.
    writeFileSync(`${file}.new`, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`);
    renameSync(`${file}.new`, file);
  };
  setOffset(0);
  const variables = [
    `LD_PRELOAD=${library}`,
    `FAKETIME_TIMESTAMP_FILE=${file}`,
    'FAKETIME_NO_CACHE=1',
    // The second is what releases after 0.9.10 call the first.
    'DONT_FAKE_MONOTONIC=1',
    'FAKETIME_DONT_FAKE_MONOTONIC=1',
  ];
  return { prefix: ['env', ...variables], setOffset };
}

/** How far an HTTP server's clock is off this process's, seconds, by the `Date` of a response. */
export async function clockOffsetOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return (Date.parse(response.headers.get('date') ?? '') - Date.now()) / 1000;
}

/** Debian has a folder for each architecture. */
function findLibrary(): string | undefined {
  const folders = existsSync(ROOT) ? readdirSync(ROOT) : [];
  return folders.map((folder) => `${ROOT}/${folder}/${LIBRARY}`).find((path) => existsSync(path));
}
