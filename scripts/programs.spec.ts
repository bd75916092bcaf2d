import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { installCommand, missingOf, pathOf } from './programs.ts';

/** A folder with one program in it, and a file of another program's name that cannot be run. */
function aFolder(program: string, other: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-programs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, program), '#!/bin/sh\n');
  chmodSync(join(folder, program), 0o755);
  writeFileSync(join(folder, other), 'not a program\n', { mode: 0o644 });
  return folder;
}

it('a program is found in any folder of the PATH', () => {
  const folder = aFolder('ip', 'faketime');
  expect(pathOf('ip', `/nowhere:${folder}`)).toBe(join(folder, 'ip'));
});

it('a program is missing when no folder of the PATH has a file of its name that can be run', () => {
  expect(missingOf(['chromium', 'ip', 'faketime'], aFolder('ip', 'faketime'))).toEqual(['chromium', 'faketime']);
});

it('the command installs the Debian packages of the programs', () => {
  expect(installCommand(['ip', 'chromium'])).toBe('sudo apt-get install chromium iproute2');
});
