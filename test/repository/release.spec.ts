// `npm run release`, in a copy of the repository, with a registry of the test.
import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { shared } from '../support/lifetime.js';
import { httpUpstream } from '../support/upstreams.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VERSION = '98.7.6';
const CHANGELOG = '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n';

/** The names that were published, in order. */
const published: string[] = [];

/** A registry of packages, which all have one version. */
function serveRegistry({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
  const name = decodeURIComponent(url.slice(1));
  if (method === 'PUT') {
    published.push(name);
    response.writeHead(201).end('{}');
  } else if (published.includes(name)) {
    const versions = { [VERSION]: { name, version: VERSION } };
    response.end(JSON.stringify({ name, 'dist-tags': { latest: VERSION }, versions }));
  } else {
    response.writeHead(404).end('{}');
  }
}

/** A repository with the files of the working copy in one commit. */
class Copy {
  constructor(
    readonly folder: string,
    /** Host, port and path of the registry. */
    private readonly registry: string,
  ) {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
    for (const file of String(listed).split('\0').filter(Boolean)) {
      if (existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(folder, file));
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    this.git('init', '--quiet', '--initial-branch=main');
    this.git('config', 'user.name', 'Tester');
    this.git('config', 'user.email', 'tester@fairlead.example');
    // The folder is ignored, the link is not.
    writeFileSync(join(folder, '.git/info/exclude'), 'node_modules\n');
    // npm publishes for those who are logged in only.
    writeFileSync(join(folder, '.npmrc'), `//${registry}:_authToken=token\n`, { flag: 'a' });
    this.commit(CHANGELOG);
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', args, { cwd: this.folder, encoding: 'utf8' }).trim();
  }

  commit(changelog: string): void {
    writeFileSync(join(this.folder, 'CHANGELOG.md'), changelog);
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', 'the working copy');
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  /** Resolves to the exit code, and what was written to stderr. */
  release(...args: readonly string[]): Promise<{ readonly exitCode: number; readonly stderr: string }> {
    const env = { ...process.env, npm_config_registry: `http://${this.registry}` };
    const command = ['run', '--silent', 'release', '--', ...args];
    return new Promise((resolve) => {
      execFile('npm', command, { cwd: this.folder, env }, (error, _, stderr) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code), stderr });
      });
    });
  }
}

const copy = shared(async (atEnd) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-release-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  const { port } = await httpUpstream(serveRegistry, atEnd);
  return new Copy(folder, `127.0.0.1:${port}/`);
});

// It builds everything, which takes minutes on a busy machine.
describe('npm run release', { timeout: 600_000 }, () => {
  it.each([
    [[], 'the version must be one such as 1.2.3 or 1.2.3-rc.1, got nothing'],
    [['v1.2.3'], 'the version must be one such as 1.2.3 or 1.2.3-rc.1, got v1.2.3'],
    [
      [VERSION, '--publish'],
      `the tag v${VERSION} must be at the current commit: run npm run release -- ${VERSION} first`,
    ],
  ])('refuses %j', async (args, message) => {
    expect(await copy.current.release(...args)).toEqual({ exitCode: 1, stderr: `${message}\n` });
  });

  it('refuses a working tree with changes, and a changelog without entries, and changes nothing', async () => {
    writeFileSync(join(copy.current.folder, 'new.txt'), '');
    const message = 'the working tree must be clean: commit or stash its changes';
    expect(await copy.current.release(VERSION)).toEqual({ exitCode: 1, stderr: `${message}\n` });
    rmSync(join(copy.current.folder, 'new.txt'));
    copy.current.commit('# Changelog\n\n## [Unreleased]\n');
    expect((await copy.current.release(VERSION)).stderr).toContain('there is nothing to release');
    expect(copy.current.git('status', '--porcelain')).toBe('');
    copy.current.commit(CHANGELOG);
  });

  it('leaves the files as they were when a package cannot be built', async () => {
    const { current } = copy;
    const source = current.read('libs/registration/src/index.ts');
    writeFileSync(join(current.folder, 'libs/registration/src/index.ts'), `${source}export * from './nowhere.js';\n`);
    current.commit(CHANGELOG);
    const { exitCode, stderr } = await current.release(VERSION);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('nowhere.js');
    expect(current.git('status', '--porcelain')).toBe('');
    expect(current.git('tag')).toBe('');
    writeFileSync(join(current.folder, 'libs/registration/src/index.ts'), source);
    current.commit(CHANGELOG);
  });

  it('writes the version everywhere, packs everything, commits and tags', async () => {
    const { current } = copy;
    expect(await current.release(VERSION)).toMatchObject({ exitCode: 0 });
    expect(current.git('log', '-1', '--format=%s')).toBe(`chore: release ${VERSION}`);
    expect(current.git('rev-parse', `v${VERSION}^{commit}`)).toBe(current.git('rev-parse', 'HEAD'));
    expect(current.git('status', '--porcelain')).toBe('');
    const today = new Date().toISOString().slice(0, 10);
    expect(current.read('CHANGELOG.md')).toBe(
      `# Changelog\n\n## [Unreleased]\n\n## [${VERSION}] - ${today}\n\n### Added\n\n- A thing.\n`,
    );
    const versions = [
      'package.json',
      'package-lock.json',
      'libs/registration/package.json',
      'libs/scheduling/package.json',
    ];
    expect(versions.map((file) => JSON.parse(current.read(file)).version)).toEqual(versions.map(() => VERSION));
    expect(JSON.parse(current.read('docs/openapi.json')).info.version).toBe(VERSION);
    expect(current.read('examples/nest/package.json')).toContain(`"@fairlead/registration": "^${VERSION}"`);
    expect(readdirSync(join(current.folder, 'reports/release')).toSorted()).toEqual([
      `fairlead-${VERSION}.cdx.json`,
      `fairlead-${VERSION}.tgz`,
      `fairlead-registration-${VERSION}.tgz`,
      `fairlead-scheduling-${VERSION}.tgz`,
    ]);
    const bom = JSON.parse(current.read(`reports/release/fairlead-${VERSION}.cdx.json`));
    expect(bom.metadata.component).toMatchObject({ name: 'fairlead', version: VERSION });
    expect(current.git('diff', '--name-only', 'HEAD~1').split('\n')).not.toContain('README.md');
    expect((await current.release(VERSION)).stderr).toBe(`the tag v${VERSION} exists already\n`);
  });

  it('publishes every package of the tagged commit, those that are published already left out', async () => {
    const { current } = copy;
    const { stderr } = await current.release(VERSION, '--publish');
    expect(stderr).toContain('package.json has no "repository"');
    for (const folder of ['.', 'libs/registration', 'libs/scheduling']) {
      const file = join(folder, 'package.json');
      // npm attests where packages were built in CI only.
      const publishConfig = { access: 'public' };
      const manifest = { ...JSON.parse(current.read(file)), repository: 'fairlead/fairlead', publishConfig };
      writeFileSync(join(current.folder, file), JSON.stringify(manifest));
    }
    current.commit(current.read('CHANGELOG.md'));
    current.git('tag', '--force', `v${VERSION}`);
    published.push('fairlead');
    expect(await current.release(VERSION, '--publish')).toMatchObject({ exitCode: 0 });
    expect(published).toEqual(['fairlead', '@fairlead/registration', '@fairlead/scheduling']);
  });
});

describe('the oldest Node', () => {
  it.each(['apps/cli/src/node/required-node.ts', 'apps/balancer/src/main.ts'])('is that of engines in %s', (file) => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } };
    const [, major, minor] = /^const MIN_NODE = \[(\d+), (\d+)\]/m.exec(readFileSync(join(ROOT, file), 'utf8'))!;
    expect(engines.node).toBe(`>=${major}.${minor}`);
  });
});
