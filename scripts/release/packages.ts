// The packages of a release: their versions, tarballs and publication. All of them have the same version.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, output, ROOT } from './programs.ts';

/** Where the package.json of each package is, and the folder that is packed. */
const PACKAGES = [
  { manifest: '.', packed: '.' },
  { manifest: 'libs/registration', packed: 'dist/packages/registration' },
  { manifest: 'libs/scheduling', packed: 'dist/packages/scheduling' },
];

/** Depends on one of the packages, by its version. */
const EXAMPLE = 'examples/nest';

/** The files that `setVersion` changes. */
export const VERSIONED_FILES = [
  'package-lock.json',
  ...[...PACKAGES.map(({ manifest }) => manifest), EXAMPLE].map((folder) => join(folder, 'package.json')),
];

/** Writes the version to every package.json and the lock file. */
export function setVersion(version: string): void {
  for (const { manifest } of PACKAGES) {
    npm(['version', version, '--no-git-tag-version', '--allow-same-version', '--ignore-scripts'], manifest);
  }
  npm(['pkg', 'set', `dependencies[@fairlead/registration]=^${version}`], EXAMPLE);
}

/** A package that is ready to be published. */
export interface Packed {
  readonly name: string;
  readonly tarball: string;
}

/** Packs every package into a folder. */
export function pack(folder: string): readonly Packed[] {
  return PACKAGES.map(({ packed }) => {
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    // npm before 12 prints a list, later versions an object by name.
    const printed = Object.values(JSON.parse(output('npm', args, packed))) as { name: string; filename: string }[];
    const [{ name, filename }] = printed;
    return { name, tarball: join(folder, filename.replace('@', '').replace('/', '-')) };
  });
}

/**
 * Publishes the packages, or lets npm check all that it checks before that. `publishConfig` of each package.json says that
 * everybody may install it, and that npm attests where it was built. After a failure, call it again: what was published is
 * left out.
 */
export function publish(packages: readonly Packed[], version: string, { isRehearsal }: { isRehearsal: boolean }): void {
  // A version such as 1.0.0-rc.1 must not be what `npm install fairlead` gets.
  const tag = version.includes('-') ? 'next' : 'latest';
  for (const { name, tarball } of packages) {
    if (!isRehearsal && isPublished(name, version)) continue;
    npm(['publish', tarball, '--tag', tag, '--loglevel', 'warn', ...(isRehearsal ? ['--dry-run'] : [])]);
  }
}

function isPublished(name: string, version: string): boolean {
  try {
    return output('npm', ['view', `${name}@${version}`, 'version']) !== '';
  } catch {
    // There is no package of this name yet. If the registry fails, publishing says so.
    return false;
  }
}

/**
 * Checks that npm can prove where the packages come from.
 *
 * @throws {Error} when a package.json names no repository, which npm compares with the one that publishes.
 */
export function assertProvable(): void {
  for (const { manifest } of PACKAGES) {
    const file = join(manifest, 'package.json');
    const { repository } = JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as { readonly repository?: unknown };
    if (repository === undefined) {
      throw new Error(`${file} has no "repository": npm needs it to prove where the package comes from (provenance)`);
    }
  }
}
