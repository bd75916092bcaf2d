// What a start does not load, because many starts never need it: loading it would take a good part of their time.
import { expect, it } from 'vitest';
import { launch, type App } from '../support/processes.js';

/** Has a process write the URL of each module that it loads to stderr. */
const HOOK = `import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    process.stderr.write(url + '\\n');
    return next(url, context);
  },
});`;
const WATCHED = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(HOOK)}` };
const PORTS = { BACKEND_PORT: '0', DASHBOARD_PORT: '0' };

it.each<[App, string[]]>([
  ['backend', ['@nestjs/swagger']],
  ['dashboard', ['@nestjs/swagger']],
])('the start of a %s loads none of %j', async (app, unneeded) => {
  const running = launch(app, { ...PORTS, ...WATCHED });
  await running.logged(`${app} listening`);
  const loaded = new Set(running.stderr.match(/(?<=node_modules\/)(?:@[^/\n]+\/)?[^/\n]+/g));
  expect(loaded).toContain('@nestjs/core');
  expect(unneeded.filter((name) => loaded.has(name))).toEqual([]);
});
