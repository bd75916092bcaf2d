// Checks that the programs of a benchmark exist. Root installs missing Debian packages, others get an error.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Program } from './contender.js';
import { BALANCER } from './fairlead.js';

/** Debian programs: title, the argument that prints the version, and package. */
const DEBIAN = {
  nginx: { title: 'nginx', versionArgument: '-v', fromPackage: 'nginx-light' },
  haproxy: { title: 'HAProxy', versionArgument: '-v', fromPackage: 'haproxy' },
  caddy: { title: 'Caddy', versionArgument: 'version', fromPackage: 'caddy' },
  wrk: { title: 'wrk', versionArgument: '-v', fromPackage: 'wrk' },
} as const;

const isDebian = (program: Program): program is keyof typeof DEBIAN => program in DEBIAN;

/** Ensures that all of them can be started. @throws {Error} naming what is missing and the command that installs it. */
export function provide(programs: ReadonlySet<Program>, built: readonly string[] = [BALANCER]): void {
  if (!built.every((file) => existsSync(file))) throw new Error('Fairlead is not built: run npm run build first');
  const packages = missingPackages(programs);
  if (packages.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) throw new Error(`${packages.join(', ')} must be installed: run sudo ${command}`);
  process.stderr.write(`Installing ${packages.join(', ')}\n`);
  apt(['update', '-qq']);
  apt(command.split(' ').slice(1));
  const left = missingPackages(programs);
  if (left.length > 0) throw new Error(`${left.join(', ')} could not be installed: run ${command} to see the cause`);
}

/** Name and version of a program. */
export function versionOf(program: Program): string {
  const onNode = `on Node ${process.versions.node}`;
  if (program === 'fairlead') return `Fairlead ${onNode}`;
  if (!isDebian(program)) return `${program} ${packageVersion(program)} ${onNode}`;
  const { title, versionArgument } = DEBIAN[program];
  const { stdout, stderr } = spawnSync(program, [versionArgument], { encoding: 'utf8' });
  return `${title} ${/\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? '(unknown version)'}`;
}

function packageVersion(name: string): string {
  const lock = createRequire(import.meta.url)('../../package-lock.json') as {
    readonly packages: Readonly<Record<string, { readonly version: string } | undefined>>;
  };
  return lock.packages[`node_modules/${name}`]?.version ?? '(unknown version)';
}

function missingPackages(programs: ReadonlySet<Program>): string[] {
  return [...programs].flatMap((program) => {
    if (!isDebian(program)) return [];
    const { versionArgument, fromPackage } = DEBIAN[program];
    return spawnSync(program, [versionArgument]).error ? [fromPackage] : [];
  });
}

function apt(args: readonly string[]): void {
  spawnSync('apt-get', args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
