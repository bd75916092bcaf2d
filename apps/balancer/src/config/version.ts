// The version of Fairlead that runs.
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** `version` of the package that this file belongs to. @throws {Error} when there is no package.json above this file. */
function ownVersion(): string {
  const path = findPackageJSON('.', import.meta.url);
  if (path === undefined) throw new Error(`there is no package.json above ${import.meta.url}, so there is no version`);
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
  return version;
}

/** As in package.json: `0.1.0`. */
export const VERSION = ownVersion();
