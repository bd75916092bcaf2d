// Packs what is published, and installs it in folders outside the repository, as npm does. Without the registry: other
// packages come from the repository's own node_modules, where the lock file put them.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { AtEnd } from '../support/lifetime.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const INSTALLED = join(ROOT, 'node_modules');

interface Manifest {
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Tarballs by the name of their package. */
export type Tarballs = Readonly<Record<string, string>>;

/** An empty folder outside the repository. */
export function emptyFolder(atEnd: AtEnd): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-packages-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Packs everything that is published. Expects a build of the balancer; the libraries are built here. */
export async function packAll(folder: string): Promise<Tarballs> {
  await run('npm', ['run', 'build:packages'], { cwd: ROOT });
  const sources = ['.', 'dist/packages/registration', 'dist/packages/scheduling'];
  return Object.assign({}, ...(await Promise.all(sources.map((source) => pack(source, folder)))));
}

/** Packs one folder of the repository. */
export async function pack(source: string, folder: string): Promise<Tarballs> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: join(ROOT, source) });
  // npm before 12 prints a list, later versions an object by name.
  const [{ name, filename }] = Object.values(JSON.parse(stdout)) as { name: string; filename: string }[];
  return { [name]: join(folder, filename.replace('@', '').replace('/', '-')) };
}

/** Copies an application to an empty folder, and installs what its package.json names there. Returns the folder. */
export async function installApp(app: string, tarballs: Tarballs, atEnd: AtEnd): Promise<string> {
  const folder = emptyFolder(atEnd);
  cpSync(join(ROOT, app), folder, { recursive: true, filter: (path) => !/\/(node_modules|dist)$/.test(path) });
  const { dependencies, devDependencies } = manifestIn(folder);
  const nest = /\d+/.exec(dependencies?.['@nestjs/core'] ?? '')?.[0];
  const target = { folder: join(folder, 'node_modules'), tarballs, nest };
  await installAll(target, { ...dependencies, ...devDependencies });
  return folder;
}

/** Installs one package in a folder `node_modules`. */
export async function addPackage(folder: string, name: string, tarballs: Tarballs): Promise<void> {
  await install({ folder, tarballs, nest: undefined }, name);
}

interface Target {
  readonly folder: string;
  readonly tarballs: Tarballs;
  /** The major version of Nest. */
  readonly nest: string | undefined;
}

async function installAll(target: Target, dependencies: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const name of Object.keys(dependencies)) await install(target, name);
}

async function install(target: Target, name: string): Promise<void> {
  const path = join(target.folder, name);
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  const tarball = target.tarballs[name];
  const otherNest = join(INSTALLED, name.replace('@nestjs/', `nest-${target.nest}-`));
  if (tarball !== undefined) {
    mkdirSync(path);
    await run('tar', ['-xzf', tarball, '-C', path, '--strip-components=1']);
    const { dependencies, bin = {} } = manifestIn(path);
    for (const [command, file] of Object.entries(bin)) linkCommand(target, command, join(path, file));
    await installAll(target, dependencies);
  } else if (name.startsWith('@nestjs/') && existsSync(otherNest)) {
    // A copy: Node resolves the imports of a link from where it leads to, and there another Nest is found.
    cpSync(otherNest, path, { recursive: true });
    const isNested = (dependency: string) => existsSync(join(path, 'node_modules', dependency));
    for (const copied of [path, ...globSync(`${path}/node_modules/{*,@*/*}/`)]) {
      const dependencies = Object.keys(manifestIn(copied).dependencies ?? {});
      for (const dependency of dependencies.filter((each) => !isNested(each))) await install(target, dependency);
    }
  } else {
    symlinkSync(join(INSTALLED, name), path);
  }
}

/** Makes a file executable by its name, as npm does. */
function linkCommand({ folder }: Target, command: string, file: string): void {
  chmodSync(file, 0o755);
  mkdirSync(join(folder, '.bin'), { recursive: true });
  symlinkSync(file, join(folder, '.bin', command));
}

/** The manifest in a folder; an empty one for a folder of a scope, which has none. */
function manifestIn(folder: string): Manifest {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : {};
}

/** Runs the TypeScript compiler in a folder. Resolves to what it printed, which is empty if all is well. */
export async function compile(folder: string, args: readonly string[] = []): Promise<string> {
  const tsc = join(INSTALLED, 'typescript/bin/tsc');
  try {
    await run(process.execPath, [tsc, '--pretty', 'false', ...args], { cwd: folder });
    return '';
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  }
}
