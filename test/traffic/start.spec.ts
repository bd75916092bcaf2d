// Which configuration file a balancer starts with, and what stops it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { configurationOf } from '../support/configuration-file.js';
import { AppProcess, commandOf, listening, refusedStart } from '../support/processes.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-start-'));
  for (const name of ['fairlead', 'variable', 'option'])
    writeFileSync(join(folder, `${name}.yaml`), `pools: { ${name}: {} }`);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts a balancer in the folder. */
function start(args: readonly string[], env: Record<string, string> = {}): AppProcess {
  const variables = { LOG_FORMAT: 'json', REGISTRY_FILE: 'none', DATA_PLANE_THREADS: '0', SWAGGER: 'false' };
  const running = new AppProcess('balancer', [...commandOf('balancer'), ...args], {
    cwd: folder,
    env: { ...variables, DATA_PLANE_PORT: '0', CONTROL_PLANE_PORT: '0', ...env },
  });
  onTestFinished(() => running.end());
  return running;
}

/** The pools of a balancer besides the default one. */
async function poolsOf(running: AppProcess): Promise<unknown> {
  const { traffic } = await configurationOf(await listening(running));
  return (traffic.pools as { name: string }[]).map(({ name }) => name).filter((name) => name !== 'default');
}

describe('the configuration file is', () => {
  it('that of --config', async () => {
    const running = start(['--config', 'option.yaml'], { FAIRLEAD_CONFIG: 'variable.yaml' });
    expect(await poolsOf(running)).toEqual(['option']);
  });

  it('else that of FAIRLEAD_CONFIG', async () => {
    expect(await poolsOf(start([], { FAIRLEAD_CONFIG: join(folder, 'variable.yaml') }))).toEqual(['variable']);
  });

  it('else fairlead.yaml in the working directory; a misspelt variable is warned about', async () => {
    const running = start([], { PLACEMENT_POLICYY: 'maglev' });
    expect(await poolsOf(running)).toEqual(['fairlead']);
    expect((await running.logged('PLACEMENT_POLICYY')).msg).toContain('did you mean PLACEMENT_POLICY?');
  });
});

describe('the start is refused', () => {
  it('with all problems of the file, one a line', async () => {
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, 'pools:\n  a: { policy: drff }\nroutes:\n  - { pool: b }\n');
    expect((await refusedStart({ FAIRLEAD_CONFIG: file })).trimEnd().split('\n')).toEqual([
      expect.stringMatching(/wrong\.yaml:2:\d+: pools\.a\.policy must be .*got "drff" \(did you mean "drf"\?\)$/),
      expect.stringMatching(/wrong\.yaml:4:\d+: routes\[0\]\.pool must be .*got "b"/),
    ]);
  });

  it('when a file that was named is not there', async () => {
    const file = join(folder, 'missing.yaml');
    expect(await refusedStart({ FAIRLEAD_CONFIG: file })).toBe(`${file} cannot be read: there is no such file\n`);
  });

  it('when a backend is at a port of the balancer', async () => {
    const file = join(folder, 'self.yaml');
    writeFileSync(file, 'pools: { default: { backends: [{ url: "http://localhost:4711" }] } }');
    expect(await refusedStart({ FAIRLEAD_CONFIG: file, DATA_PLANE_PORT: '4711' })).toBe(
      `${file}: pools.default.backends[0].url must not be http://localhost:4711: it is the balancer itself, and that would be a loop\n`,
    );
  });
});

describe('a Node that is too old', () => {
  const OLDER =
    "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'24.8.0'}})";
  const [node, main] = commandOf('balancer');
  const run = (env: Record<string, string>) => spawnSync(node, ['--import', OLDER, main], { env, encoding: 'utf8' });

  it('is refused in one sentence, or in a record of the log', () => {
    const sentence = /^balancer could not start: it needs Node 24\.9 or newer .*, got v/;
    const plain = run({});
    expect([plain.status, plain.stderr]).toEqual([1, expect.stringMatching(sentence)]);
    const json = run({ LOG_FORMAT: 'json' });
    expect(json.status).toBe(1);
    const record = JSON.parse(json.stderr) as object;
    expect(record).toMatchObject({ level: 'fatal', app: 'balancer', msg: expect.stringMatching(sentence) });
  });
});
