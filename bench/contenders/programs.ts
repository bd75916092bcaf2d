// Whether the programs of a benchmark are there: Debian's are installed when that is allowed, and named otherwise.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Program } from './contender.js';
import { BALANCER } from './fairlead.js';

/** Programs of Debian's: their names, how they are asked for their version, and the packages they come in. */
const DEBIAN = {
  nginx: { title: 'nginx', ask: '-v', from: 'nginx-light' },
  haproxy: { title: 'HAProxy', ask: '-v', from: 'haproxy' },
  caddy: { title: 'Caddy', ask: 'version', from: 'caddy' },
  wrk: { title: 'wrk', ask: '-v', from: 'wrk' },
} as const;

const isDebian = (program: Program): program is keyof typeof DEBIAN => program in DEBIAN;

/** Sees to it that all of them can be started. @throws {Error} a sentence on what is missing and which command helps. */
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
  if (left.length > 0) throw new Error(`${left.join(', ')} could not be installed: run ${command} and see why`);
}

/** What a program says its version is. */
export function versionOf(program: Program): string {
  const onNode = `on Node ${process.versions.node}`;
  if (program === 'fairlead') return `Fairlead ${onNode}`;
  if (!isDebian(program)) return `${program} ${packageVersion(program)} ${onNode}`;
  const { title, ask } = DEBIAN[program];
  const { stdout, stderr } = spawnSync(program, [ask], { encoding: 'utf8' });
  return `${title} ${/\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? 'of an unknown version'}`;
}

function packageVersion(name: string): string {
  const lock = createRequire(import.meta.url)('../../package-lock.json') as {
    readonly packages: Readonly<Record<string, { readonly version: string } | undefined>>;
  };
  return lock.packages[`node_modules/${name}`]?.version ?? 'of an unknown version';
}

function missingPackages(programs: ReadonlySet<Program>): string[] {
  return [...programs].flatMap((program) => {
    if (!isDebian(program)) return [];
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
