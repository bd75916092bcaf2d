// The contenders that stand for a proxy nobody has thought about much.
import { fileURLToPath } from 'node:url';
import type { Contender, Program } from '../../contenders/contender.js';

/** A file of this folder as a contender. */
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
