// `npm run build`: what it writes can be run, and without what it needs it says so.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('../../scripts/build.ts', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../dist/apps/cli/src/main.js', import.meta.url));

it('writes a command that can be executed', async () => {
  const { stdout } = await run(COMMAND, ['--version']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+/);
});

it.each([
  ['production', 'its development dependencies are not installed because NODE_ENV is production'],
  ['', 'its development dependencies are not installed'],
])('says what is missing with NODE_ENV=%s', async (NODE_ENV, problem) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-build-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const script = join(folder, 'scripts/build.ts');
  cpSync(SCRIPT, script);
  await expect(run(process.execPath, [script], { env: { ...process.env, NODE_ENV } })).rejects.toMatchObject({
    code: 1,
    stderr: `Fairlead cannot be built: ${problem}. Run: npm ci --include=dev\n`,
  });
});
