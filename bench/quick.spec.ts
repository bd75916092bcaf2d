// The benchmarks that need only Node run and print figures for each contender. The values are not checked.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { POLICY_NAMES } from '@fairlead/scheduling';
import { expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FRAMING = ['request head, framed', 'response head, framed', 'chunks of 16 B', 'chunks of 16384 B'];

it.each([
  ['bench:decision', [...POLICY_NAMES, 'drf, 3 latent']],
  ['bench:latent', ['start', 'settled', 'settled, without fits']],
  ['bench:http1', FRAMING],
])('npm run %s prints figures for each contender', { timeout: 60_000 }, async (script, contenders) => {
  const child = spawn('npm', ['run', '--silent', script, '--', '--quick'], { cwd: ROOT, stdio: 'pipe' });
  onTestFinished(() => void child.kill());
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect(code, stderr).toBe(0);
  const figures = figuresByRow(stdout);
  const areNumbers = (row: readonly number[] = []) => row.length > 0 && row.every(Number.isFinite);
  expect(contenders.filter((contender) => !areNumbers(figures.get(contender)))).toEqual([]);
});

/** The rows printed by `console.table`, by their first cell. */
function figuresByRow(table: string): Map<string, number[]> {
  const rows = table.split('\n').map((line) =>
    line
      .split('│')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return new Map(rows.map(([name, ...figures]) => [name, figures.map(Number)]));
}
