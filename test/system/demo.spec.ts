import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';
import { startDemo } from '../support/demo.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

it('the demo starts without an alarm, serves, goes on when a backend is killed, and ends whole on Ctrl-C', async () => {
  // Variables of another balancer in the same shell have no effect.
  const ofAnother = {
    CONTROL_PLANE_TOKEN: 'a-token-of-another-balancer',
    CONTROL_PLANE_HOST: '127.0.0.2',
    FAIRLEAD_CONFIG: '/nonexistent.yaml',
    TLS_CERTIFICATE_FILES: '/nonexistent.pem',
    TLS_KEY_FILES: '/nonexistent.pem',
    BALANCER_CA_FILE: '/nonexistent.pem',
    RESOURCES: 'gpu',
  };
  const demo = await startDemo({ ...ofAnother, npm_lifecycle_event: 'start' });
  expect(demo.output.split('\n').filter((line) => /WARN|ERROR/.test(line))).toEqual([]);
  expect(demo.output).toContain(` npm run spam -- --target http://localhost:${5252 + demo.offset} --url http:`);
  expect(demo.output).toMatch(/Fairlead \d+\.\d+\.\d+ is up: policy drf, \d+ threads?, 3 backends/);
  // The lines of different processes come in any order.
  expect(await demo.printed('data plane listening')).toBe(true);
  const url = `http://127.0.0.1:${5252 + demo.offset}`;
  const statuses = async () => Promise.all(Array.from({ length: 30 }, async () => (await fetch(url)).status));
  expect(await statuses()).toEqual(Array(30).fill(200));

  const [victim] = demo.processes('dist/apps/backend/src/main.js');
  process.kill(victim, 'SIGKILL');
  expect(await demo.printed('the others go on')).toBe(true);
  expect(await statuses()).toEqual(Array(30).fill(200));

  expect(await demo.stop()).toEqual([0, null]);
  await expect(fetch(url)).rejects.toThrow();
});

it('with LOG_FORMAT=json each line of the demo is JSON with its process, and spam accounts for each request', async () => {
  const demo = await startDemo({ LOG_FORMAT: 'json', LOG_LEVEL: 'info' });
  const lines = demo.output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const processes = new Set(lines.map(({ process: name, app }) => name ?? app));
  expect(processes).toEqual(new Set(['balancer', 'cpu-1', 'even-1', 'disk-1', 'dashboard', 'demo']));
  expect(lines.at(-1)).toMatchObject({ level: 'info', app: 'demo', policy: 'drf', msg: 'Fairlead is up' });

  const target = `http://localhost:${5252 + demo.offset}`;
  const control = `http://localhost:${9797 + demo.offset}`;
  const flags = ['--target', target, '--url', control, '--duration', '1', '--rate', '200'];
  const { stdout } = await run(process.execPath, ['dist/apps/cli/src/main.js', 'spam', ...flags], { cwd: ROOT });
  const sent = Number(/sent +(\d+) requests/.exec(stdout)?.[1]);
  expect(sent).toBeGreaterThan(0);
  expect(stdout).toMatch(new RegExp(`responses +${sent}, ${sent} with 2xx\\nfailed +0\\n`));
  const served = [...stdout.matchAll(/^\S+-1 +up +(\d+)/gm)].map(([, requests]) => Number(requests));
  expect(served.reduce((sum, requests) => sum + requests, 0)).toBe(sent);
});

it('the demo ends at once on a second Ctrl-C, also if one of its processes does not', async () => {
  const demo = await startDemo();
  const [stuck] = demo.processes('dist/apps/backend/src/main.js');
  process.kill(stuck, 'SIGSTOP');
  const ended = demo.stop();
  expect(await demo.printed('Stopping')).toBe(true);
  // Another signal, because the same one counts only after a while.
  process.kill(demo.pid, 'SIGTERM');
  await ended;
  expect(demo.output).not.toContain('did not end within');
});

it('fairlead demo says which ports are in use', async () => {
  const { offset } = await startDemo();
  const second = run(process.execPath, ['dist/apps/cli/src/main.js', 'demo', '--port-offset', String(offset)], {
    cwd: ROOT,
  });
  await expect(second).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`port ${5252 + offset} (clients) is already in use\n`),
  });
});
