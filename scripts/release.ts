// `npm run release -- VERSION`: prepares a release, from the version to the tag, and rehearses its publication. Nothing
// leaves this machine. `npm run release -- VERSION --publish` publishes what was prepared. CONTRIBUTING.md has the steps.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withRelease } from './release/changelog.ts';
import { assertProvable, pack, publish, setVersion, VERSIONED_FILES, type Packed } from './release/packages.ts';
import { npm, output, ROOT } from './release/programs.ts';

/** Semantic Versioning 2.0.0, without build metadata, which npm ignores. */
const VERSION_FORM = /^\d+\.\d+\.\d+(-[\da-z.-]+)?$/i;

const CHANGELOG = 'CHANGELOG.md';
const API = 'docs/openapi.json';
/** Tarballs and the bill of materials. */
const ARTIFACTS = join(ROOT, 'reports/release');

try {
  main();
} catch (error) {
  // What a program printed on stderr is in the message.
  process.stderr.write(`${error instanceof Error ? error.message.trim() : String(error)}\n`);
  process.exitCode = 1;
}

function main(): void {
  const { version, isPublication } = readArguments();
  if (git('status', '--porcelain') !== '')
    throw new Error('the working tree must be clean: commit or stash its changes');
  const tag = `v${version}`;
  const isTagged = git('tag', '--list', tag) !== '';
  if (isPublication) {
    if (!isTagged || git('rev-parse', `${tag}^{commit}`) !== git('rev-parse', 'HEAD')) {
      throw new Error(`the tag ${tag} must be at the current commit: run npm run release -- ${version} first`);
    }
    assertProvable();
    publish(build(version), version, { isRehearsal: false });
    print(`Published ${version}. The bill of materials is in reports/release.`);
    return;
  }
  if (isTagged) throw new Error(`the tag ${tag} exists already`);
  prepare(version);
  git('commit', '--all', '--message', `chore: release ${version}`);
  git('tag', '--annotate', tag, '--message', `Fairlead ${version}`);
  buildImage(version);
  print(`${version} is committed and tagged here. To publish it: git push --follow-tags`);
}

function readArguments() {
  const { values, positionals } = parseArgs({ options: { publish: { type: 'boolean' } }, allowPositionals: true });
  const [version] = positionals;
  if (positionals.length !== 1 || !VERSION_FORM.test(version)) {
    const given = positionals.length === 0 ? 'nothing' : positionals.join(' ');
    throw new Error(`the version must be one such as 1.2.3 or 1.2.3-rc.1, got ${given}`);
  }
  return { version, isPublication: values.publish === true };
}

/** Changes the files that have the version, and rehearses the publication. If that fails, the files are as before. */
function prepare(version: string): void {
  const changelog = withRelease(readFileSync(join(ROOT, CHANGELOG), 'utf8'), version, today());
  const changed = [...VERSIONED_FILES, CHANGELOG, API];
  try {
    setVersion(version);
    writeFileSync(join(ROOT, CHANGELOG), changelog);
    output('npm', ['exec', '--', 'prettier', '--write', ...changed]);
    const packages = build(version);
    output(process.execPath, ['scripts/docs-openapi.ts']);
    publish(packages, version, { isRehearsal: true });
  } catch (error) {
    git('checkout', '--', ...changed);
    throw error;
  }
}

/** Builds and packs everything, and writes the bill of materials. */
function build(version: string): readonly Packed[] {
  rmSync(ARTIFACTS, { recursive: true, force: true });
  mkdirSync(ARTIFACTS, { recursive: true });
  npm(['run', '--silent', 'build']);
  npm(['run', '--silent', 'build:packages']);
  writeFileSync(join(ARTIFACTS, `fairlead-${version}.cdx.json`), output('npm', ['run', '--silent', 'sbom']));
  return pack(ARTIFACTS);
}

function buildImage(version: string): void {
  const image = `fairlead:${version}`;
  try {
    output('docker', ['info']);
  } catch {
    print(`No image was built: docker does not run here. To build it: docker build --tag ${image} .`);
    return;
  }
  print(output('docker', ['build', '--tag', image, '.']));
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function git(...args: readonly string[]): string {
  return output('git', args);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
