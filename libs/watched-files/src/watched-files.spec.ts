import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'vitest';
import { WatchedFiles } from './watched-files.js';

let folder: string;
let watched: WatchedFiles | undefined;
let onNextChange: () => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-watched-'));
});
afterEach(() => {
  watched?.stop();
  rmSync(folder, { recursive: true });
});

async function watch(...names: string[]): Promise<void> {
  watched = new WatchedFiles(
    names.map((name) => join(folder, name)),
    () => onNextChange(),
    5,
  );
  await watched.start();
}

function changeAfter(act: () => void): Promise<void> {
  return new Promise((resolve) => {
    onNextChange = resolve;
    act();
  });
}

it('notices that one of several files is written, replaced, removed and created', async () => {
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  for (const file of [one, other]) writeFileSync(file, 'a');
  await watch('one', 'other');
  await changeAfter(() => writeFileSync(other, 'b'));
  await changeAfter(() => {
    writeFileSync(`${one}.new`, 'a');
    renameSync(`${one}.new`, one);
  });
  await changeAfter(() => rmSync(one));
  await changeAfter(() => writeFileSync(one, 'a'));
});

it('notices that a link is replaced, as for mounted secrets', async () => {
  for (const version of ['v1', 'v2']) writeFileSync(join(folder, version), version);
  symlinkSync('v1', join(folder, 'secret'));
  await watch('secret');
  await changeAfter(() => {
    symlinkSync('v2', join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'secret'));
  });
});
