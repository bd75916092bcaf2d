// The contenders that represent a proxy without tuning.
import { fileURLToPath } from 'node:url';
import type { Contender, Program } from '../../contenders/contender.js';

/** A contender that runs a file of this folder. */
export function naive(name: string, title: string, program: Program, file: 'bare.ts' | 'nest.ts'): Contender {
  return {
    name,
    title,
    program,
    launch: ({ port, backends }) => ({
      command: process.execPath,
      args: [fileURLToPath(new URL(file, import.meta.url))],
      env: { PORT: String(port), TARGETS: backends.map((each) => `http://127.0.0.1:${each.port}`).join(',') },
    }),
  };
}
