// Tests that need a program of the machine: skipped where it is not installed, unless FAIRLEAD_REQUIRE_PROGRAMS is set.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { areProgramsRequired, missingMessage, pathOf, type Program } from '../../scripts/programs.js';

declare module 'vitest' {
  interface TaskMeta {
    /** The programs that a test needs, for the list of skips of `npm test`. */
    needs?: readonly string[];
  }
}

/** A `describe` whose tests run `program`; they are given its path. */
export function describeWith(program: Program, title: string, tests: (path: string) => void): void {
  const path = pathOf(program);
  if (path === undefined && areProgramsRequired()) {
    describe(title, () => {
      it(`needs ${program}`, () => {
        throw new Error(missingMessage([program]));
      });
    });
    return;
  }
  describe(title, { skip: path === undefined, meta: { needs: [program] } }, () => tests(path ?? program));
}

/** The Debian packages that `.ci/run` installs on a machine that has none of the programs. */
export function packagesOfTests(): string[] {
  const script = fileURLToPath(new URL('../../scripts/programs.ts', import.meta.url));
  const printed = execFileSync(process.execPath, [script], { env: { PATH: '' }, encoding: 'utf8' });
  return printed.trim().split('\n');
}
