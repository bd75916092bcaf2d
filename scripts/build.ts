// `npm run build`: compiles all applications into dist/ in one pass, without a type check (`npm run typecheck` is that).
// The layout is the one of `nest build`: dist/apps/<app>/src/main.js.
import { chmodSync, existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

/** Every module is an entry, so that it keeps what it exports: tests and scripts import it from dist/ too. */
const SOURCES = globSync('{apps,libs}/*/src/**/*.ts', { cwd: ROOT, exclude: ['**/*.{spec,fixture}.ts'] });

process.exitCode = await build();

async function build(): Promise<number> {
  const startedMs = performance.now();
  process.stdout.write('Building the balancer, the backend, the dashboard and the command fairlead …\n');
  try {
    const written = await compile();
    removeStale(written);
    makeExecutable();
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    process.stdout.write(`Built ${written.size} files into dist/ in ${seconds} s\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${reasonOf(error)}\n`);
    return 1;
  }
}

/** Compiles every module on its own, so that a file of dist/ is a file of the sources. Returns the files in dist/. */
async function compile(): Promise<Set<string>> {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    cwd: ROOT,
    input: SOURCES,
    platform: 'node',
    tsconfig: 'tsconfig.json',
    external: isInstalled,
    treeshake: false,
  });
  const { output } = await bundle.write({
    dir: DIST,
    format: 'esm',
    sourcemap: true,
    preserveModules: true,
    preserveModulesRoot: ROOT,
    entryFileNames: '[name].js',
  });
  await bundle.close();
  return new Set(output.map(({ fileName }) => fileName));
}

/** Whether a module comes from node_modules or Node: all but our own files, our aliases and the compiler's helpers. */
function isInstalled(id: string): boolean {
  return /^@?[a-z]/.test(id) && !/^(@fairlead|@oxc-project\/runtime)\//.test(id);
}

/** Removes what an earlier build wrote of sources that are gone, but not dist/compile-cache and dist/packages. */
function removeStale(written: ReadonlySet<string>): void {
  for (const file of globSync('{_virtual,apps,libs}/**/*.{js,map}', { cwd: DIST })) {
    if (!written.has(file)) rmSync(join(DIST, file));
  }
}

/** npx makes commands executable too, but only on its first run in a folder: not after dist/ was removed. */
function makeExecutable(): void {
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { bin: Record<string, string> };
  for (const file of Object.values(bin)) chmodSync(join(ROOT, file), 0o755);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND' || existsSync(join(ROOT, 'node_modules/rolldown'))) return message;
  const cause = process.env.NODE_ENV === 'production' ? ' because NODE_ENV is production' : '';
  return `Fairlead cannot be built: its development dependencies are not installed${cause}. Run: npm ci --include=dev`;
}
