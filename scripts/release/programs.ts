// Runs the programs that a release needs, in the root of the repository.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs npm, whose output is shown. */
export function npm(args: readonly string[], folder = '.'): void {
  process.stdout.write(`> npm ${args.join(' ')}${folder === '.' ? '' : `   (in ${folder})`}\n`);
  execFileSync('npm', args, { cwd: join(ROOT, folder), stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Returns what a program prints. */
export function output(program: string, args: readonly string[], folder = '.'): string {
  const options = { cwd: join(ROOT, folder), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  return execFileSync(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
