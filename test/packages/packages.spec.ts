// The published packages, packed and installed outside the repository: applications as their users write them join a
// balancer, serve a request of it, and leave on SIGTERM. Their types compile in ES modules and CommonJS.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testExample } from '../support/example-backend.js';
import { shared, type AtEnd } from '../support/lifetime.js';
import { AppProcess, backendIn, until } from '../support/processes.js';
import { addPackage, compile, emptyFolder, installApp, packAll } from './installation.js';
import { installCommand, startPackedBalancer } from './packed-command.js';

const APPS = 'test/packages/apps';
const ID = 'packed';

/** Every export, and the mistakes that types must find. */
const USE_OF_TYPES = `
import { createPolicy, POLICY_NAMES, type PlacementPolicy } from '@fairlead/scheduling';
import { RegistrationModule, RegistrationService, reportCost, type RegistrationOptions } from '@fairlead/registration';
import { FleetMembership, type RegistrationState } from '@fairlead/registration/client';

const options: RegistrationOptions = { balancerUrl: new URL('http://127.0.0.1:9797'), resources: { compute: 1 } };
// @ts-expect-error -- resources are numbers by name
export const mistaken: RegistrationOptions = { balancerUrl: 'http://127.0.0.1:9797', resources: 'many' };
export const modules = [
  RegistrationModule.forRoot(options),
  RegistrationModule.forRootAsync({ inject: ['A'], useFactory: (a: number) => ({ ...options, port: a }) }),
];
const membership = new FleetMembership(options, { logger: console });
export const state: RegistrationState = membership.state;
membership.on('change', ({ status }: RegistrationState) => console.log(status === 'registered'));
// @ts-expect-error -- there is no such event
membership.on('end', () => undefined);
membership.start({ port: 8080 });
export const left: Promise<void> = membership.leave();
export const stateOf = (service: RegistrationService): RegistrationState => service.state;
export const names: readonly string[] = POLICY_NAMES;
export const create: (...args: Parameters<typeof createPolicy>) => PlacementPolicy = createPolicy;
export { reportCost };
`;

/** What Node 20, the oldest that `engines` of the libraries allows, does not have, and newer ones do. */
const NEWER_THAN_NODE_20 =
  /\bURL\.parse\(|\bPromise\.(try|withResolvers)\b|\bArray\.fromAsync\b|\b(Object|Map)\.groupBy\b|\bIterator\.|\bRegExp\.escape\b|\bError\.isError\b|\bUint8Array\.from(Base64|Hex)\b|\.(is(Subset|Superset)Of|isDisjointFrom|symmetricDifference)\(|\bnode:sqlite\b|\bfindPackageJSON\b|\bawait using\b/g;

describe('the packages', () => {
  const tarballs = shared((atEnd) => packAll(emptyFolder(atEnd)));

  /** A balancer started by the packed command. All tests use it, because each backend leaves. */
  const balancer = shared(async (atEnd) => startPackedBalancer(await installCommand(tarballs.current, atEnd), atEnd));

  /** Installs an application, and compiles it with its own tsconfig.json if it has one. */
  async function installed(app: string, atEnd: AtEnd): Promise<string> {
    const folder = await installApp(app, tarballs.current, atEnd);
    if (existsSync(join(folder, 'tsconfig.json'))) expect(await compile(folder)).toBe('');
    return folder;
  }

  it.each([
    ['fairlead', /^(dist\/(_virtual|apps|libs)\/.*\.js|apps\/dashboard\/public\/.*|(CHANGELOG|SECURITY)\.md)$/],
    ['@fairlead/registration', /^dist\/[\w.-]+\.(d\.c?ts|c?js)$/],
    ['@fairlead/scheduling', /^dist\/[\w.-]+\.(d\.c?ts|c?js)$/],
  ])('%s has what is needed, and nothing else', (name, code) => {
    const listed = execFileSync('tar', ['-tzf', tarballs.current[name]], { encoding: 'utf8' }).trim().split('\n');
    const files = listed.map((file) => file.replace('package/', ''));
    const others = files.filter((file) => !code.test(file) || /\.(spec|fixture)\.js$/.test(file));
    expect(others.toSorted()).toEqual(['LICENSE', 'README.md', 'package.json']);
  });

  it.each(['registration', 'scheduling'])('has a package.json without mistakes: %s', async (library) => {
    const { messages, pkg } = await publint({ pkgDir: `dist/packages/${library}`, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    // All packages of a release have one version.
    expect(pkg.version).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
  });

  it.each(['registration', 'scheduling'])('has no need of a newer Node than its engines: %s', (library) => {
    const folder = `dist/packages/${library}/dist`;
    const files = readdirSync(folder).filter((name) => /\.c?js$/.test(name));
    const found = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').match(NEWER_THAN_NODE_20) ?? []);
    expect(found).toEqual([]);
  });

  it.each([
    ['a CommonJS application of Nest 11', `${APPS}/nest-11`, 'dist/src/main.js', 'Hello World! I am registered'],
    ['an application of Nest 12', 'examples/nest', 'dist/main.js', `GET /, served by ${ID}\n`],
    ['a backend without a framework, in CommonJS', `${APPS}/node`, 'main.js', 'Hello World! I am registered'],
  ])('%s joins, serves and leaves', async (_, app, main, text) => {
    const folder = await installed(app, onTestFinished);
    const { control, url } = balancer.current;
    const env = { BALANCER_URL: control, BACKEND_ID: ID, PORT: '0', BACKEND_PORT: '0' };
    const backend = new AppProcess(app, [process.execPath, join(folder, main)], { cwd: folder, env });
    onTestFinished(() => backend.end());
    await backendIn(control, ID, 'up');
    await until('the backend to serve a request', async () => (await (await fetch(url)).text()) === text);
    await backend.stop('SIGTERM');
    expect((await fetch(`${control}/api/v1/backends/${ID}`)).status).toBe(404);
    await backend.logged(`deregistered ${ID} from the balancer at ${control}`);
  });

  describe('examples/nest, of Nest 12', () => {
    const folder = shared((atEnd) => installed('examples/nest', atEnd));
    testExample({ command: () => [process.execPath, join(folder.current, 'dist/main.js')], exitCode: null });
  });

  it.each([
    ['Nest 11', `${APPS}/nest-11`],
    ['Nest 12', 'examples/nest'],
  ])('have types for %s, in both kinds of modules', async (_, app) => {
    const folder = await installApp(app, tarballs.current, onTestFinished);
    await addPackage(join(folder, 'node_modules'), '@fairlead/scheduling', tarballs.current);
    for (const kind of ['mts', 'cts']) writeFileSync(join(folder, `use.${kind}`), USE_OF_TYPES);
    const options = '--noEmit --ignoreConfig --module nodenext --target es2023 --strict --types node'.split(' ');
    const problems = await compile(folder, [...options, 'use.mts', 'use.cts']);
    // Declarations of other packages are checked too, and have mistakes.
    expect(problems.split('\n').filter((line) => /^use\.|@fairlead\//.test(line))).toEqual([]);
  });
});
