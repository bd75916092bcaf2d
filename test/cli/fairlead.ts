// Runs the built command `fairlead` as a process.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { whenTestEnds, type AtEnd } from '../support/lifetime.js';

/** The file that Node runs. */
export const FAIRLEAD = fileURLToPath(new URL('../../dist/apps/cli/src/main.js', import.meta.url));

/** How a command ended. */
export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what a command runs. It gets no other variables, so that the user's own file is not read. */
export interface Surroundings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const NO_HOME = { HOME: '/nonexistent', PATH: process.env.PATH ?? '' };

/** Runs the command until it ends. */
export function fairlead(args: readonly string[], { cwd, env }: Surroundings = {}): Promise<Run> {
  return new Promise((resolve) => {
    const options = { cwd, env: { ...NO_HOME, ...env } };
    execFile(process.execPath, [FAIRLEAD, ...args], options, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** A folder, and a function that writes files there and returns their names. */
export function workingFolder(atEnd: AtEnd = whenTestEnds) {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-cli-'));
  atEnd(() => rmSync(path, { recursive: true, force: true }));
  const write = (name: string, text: string, mode?: number) => {
    writeFileSync(join(path, name), text, { mode });
    return name;
  };
  return { path, write };
}
