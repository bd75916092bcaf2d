// What a start loads: not what most starts never need, and compiled code of earlier starts. Loading takes most of a start.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { AppProcess, launch, refusedStart, type App } from '../support/processes.js';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const PORTS = { DATA_PLANE_PORT: '0', CONTROL_PLANE_PORT: '0', BACKEND_PORT: '0', DASHBOARD_PORT: '0' };

/** Variables that have a process run this code before its own. */
function running(code: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}

/** Writes the URL of each module to stderr. */
const NAME_MODULES = running(`import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    process.stderr.write(url + '\\n');
    return next(url, context);
  },
});`);

/** Writes to stderr, at the end, where compiled code is cached. */
const NAME_CACHE = running(`import { getCompileCacheDir } from 'node:module';
process.on('exit', () => process.stderr.write('compiled code is in ' + getCompileCacheDir()));`);

it.each<[App, string[]]>([
  ['balancer', ['@nestjs/swagger']],
  ['backend', ['@nestjs/swagger']],
  ['dashboard', ['@nestjs/swagger']],
])('the start of a %s loads none of %j', async (app, unneeded) => {
  const started = launch(app, { ...PORTS, ...NAME_MODULES });
  await started.logged(app === 'balancer' ? 'data plane listening' : `${app} listening`);
  const loaded = new Set(started.stderr.match(/(?<=node_modules\/)(?:@[^/\n]+\/)?[^/\n]+/g));
  expect(loaded).toContain('@nestjs/core');
  expect(unneeded.filter((name) => loaded.has(name))).toEqual([]);
});

it.each<App>(['balancer', 'backend', 'dashboard'])('a %s caches compiled code', async (app) => {
  expect(await refusedStart({ LOG_LEVEL: 'none', ...NAME_CACHE }, app)).toContain(`is in ${DIST}compile-cache`);
});

it('the command fairlead caches compiled code', async () => {
  const command = [process.execPath, `${DIST}apps/cli/src/main.js`, '--help'];
  const help = new AppProcess('fairlead', command, { env: NAME_CACHE });
  await once(help.child, 'close');
  expect(help.stderr).toContain(`is in ${DIST}compile-cache`);
});
