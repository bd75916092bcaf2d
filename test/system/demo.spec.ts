import { readFileSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startDemo } from '../support/demo.js';

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
  const demo = await startDemo();
  const url = `http://127.0.0.1:${5252 + demo.offset}`;
  const statuses = async () => Promise.all(Array.from({ length: 30 }, async () => (await fetch(url)).status));
  expect(await statuses()).toEqual(Array(30).fill(200));

  const [victim] = childrenOf(demo.pid, 'dist/apps/backend/src/main.js');
  process.kill(victim, 'SIGKILL');
  expect(await demo.printed('the others go on')).toBe(true);
  expect(await statuses()).toEqual(Array(30).fill(200));

  expect(await demo.stop()).toEqual([0, null]);
  await expect(fetch(url)).rejects.toThrow();
});
