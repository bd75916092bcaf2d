// The other checkout of a comparison: checks that it contains a build, and names the command that makes one.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BALANCER_PATH } from '../../contenders/fairlead.js';

/** A checkout of Fairlead that contains a build. */
export interface Checkout {
  readonly folder: string;
  /** Its built balancer. */
  readonly balancer: string;
}

/** The checkout in this folder. @throws {Error} naming what is missing and the command that provides it. */
export function checkoutIn(path: string): Checkout {
  const folder = resolve(path);
  const problem = (what: string, command: string) =>
    new Error(`--against must be the folder of a built checkout of Fairlead, got "${path}", which ${what}: ${command}`);
  const makeOne = 'make one with "git worktree add FOLDER COMMIT && cd FOLDER && npm ci && npm run build"';
  const inFolder = (command: string) => `run "${command}" there`;
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw problem('is not a folder', makeOne);
  if (packageName(folder) !== 'fairlead') throw problem('has no package.json named "fairlead"', makeOne);
  if (!existsSync(join(folder, 'node_modules'))) throw problem('has no node_modules', inFolder('npm ci'));
  const balancer = join(folder, BALANCER_PATH);
  if (!existsSync(balancer)) throw problem(`has no ${BALANCER_PATH}`, inFolder('npm run build'));
  return { folder, balancer };
}

function packageName(folder: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly name?: string }).name;
  } catch {
    return undefined;
  }
}
