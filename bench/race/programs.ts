// Whether the programs that race are there: Debian's are installed when that is allowed, and named otherwise.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { BACKEND } from './backends.js';
import type { Program } from './contender.js';
import { BALANCER } from './fairlead.js';

/** How a program is asked for its version, and the Debian package it comes in. */
const DEBIAN: Readonly<Record<Exclude<Program, 'fairlead'>, { readonly ask: string; readonly from: string }>> = {
  nginx: { ask: '-v', from: 'nginx-light' },
  haproxy: { ask: '-v', from: 'haproxy' },
  caddy: { ask: 'version', from: 'caddy' },
};

/** Sees to it that all of them can be started. @throws {Error} a sentence on what is missing and which command helps. */
export function provide(programs: ReadonlySet<Program>): void {
  if (!existsSync(BALANCER) || !existsSync(BACKEND)) throw new Error('Fairlead is not built: run npm run build first');
  const packages = missingPackages(programs);
  if (packages.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) throw new Error(`${packages.join(', ')} must be installed: run sudo ${command}`);
  process.stderr.write(`Installing ${packages.join(', ')}\n`);
  apt(['update', '-qq']);
  apt(command.split(' ').slice(1));
  const left = missingPackages(programs);
  if (left.length > 0) throw new Error(`${left.join(', ')} could not be installed: run ${command} and see why`);
}

/** What a program says its version is. */
export function versionOf(program: Program): string {
  if (program === 'fairlead') return `Fairlead on Node ${process.versions.node}`;
  const { stdout, stderr } = spawnSync(program, [DEBIAN[program].ask], { encoding: 'utf8' });
  const number = /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? 'of an unknown version';
  return `${program === 'haproxy' ? 'HAProxy' : program === 'caddy' ? 'Caddy' : program} ${number}`;
}

function missingPackages(programs: ReadonlySet<Program>): string[] {
  return [...programs].flatMap((program) => {
    if (program === 'fairlead') return [];
    const { ask, from } = DEBIAN[program];
    return spawnSync(program, [ask]).error ? [from] : [];
  });
}

function apt(args: readonly string[]): void {
  spawnSync('apt-get', args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
