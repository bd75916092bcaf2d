import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../support/processes.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Process ids of the children of `parent` by what their command line ends with. */
function childrenOf(parent: number, commandEnd: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const isChild = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1] === String(parent);
        return isChild && readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').endsWith(commandEnd);
      } catch {
        return false;
      }
    });
}

it('the demo serves, goes on when a backend is killed, and ends whole on Ctrl-C', async () => {
  // Below the ports that the system gives to clients: one of those may be taken by any test beside this one.
  const offset = 10_000 + Math.floor(Math.random() * 12_000);
  const demo = spawn(process.execPath, ['scripts/demo.ts', '--port-offset', String(offset)], { cwd: ROOT });
  onTestFinished(() => void demo.kill('SIGKILL'));
  let output = '';
  for (const stream of [demo.stdout, demo.stderr]) stream.on('data', (chunk) => (output += chunk));
  await until('the demo to be up', () => output.includes('Fairlead is up, with 3 backends.'));
  const url = `http://127.0.0.1:${5252 + offset}`;
  const statuses = async () => Promise.all(Array.from({ length: 30 }, async () => (await fetch(url)).status));
  expect(await statuses()).toEqual(Array(30).fill(200));

  const [victim] = childrenOf(demo.pid ?? 0, 'dist/apps/backend/src/main.js');
  process.kill(victim, 'SIGKILL');
  await until('the demo to notice', () => output.includes('the others go on'));
  expect(await statuses()).toEqual(Array(30).fill(200));

  const exited = once(demo, 'exit');
  demo.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
  await expect(fetch(url)).rejects.toThrow();
});
