// Host names for a process under test: which address each has is in a file, and the test may change it at any time.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aFolder } from './supervisor.js';

/** The module that makes a process look names up in the file. */
const PRELOADED = new URL('../processes/name-table.ts', import.meta.url);

export interface Names {
  /** Variables for the process. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on the names have these addresses, and no other name has one. */
  readonly set: (addresses: Readonly<Record<string, string>>) => void;
}

/** Names for the processes that are given `env`. */
export function aNameTable(addresses: Readonly<Record<string, string>>): Names {
  const file = join(aFolder(), 'names.json');
  const set = (changed: Readonly<Record<string, string>>) => writeFileSync(file, JSON.stringify(changed));
  set(addresses);
  const env = { NODE_OPTIONS: `--import=${PRELOADED.href}`, NAME_TABLE: file };
  return { env, set };
}
