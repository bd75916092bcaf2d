// `fairlead check` and `fairlead diff`, as processes: what they print, and their exit codes.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { maskedTraffic, parseTraffic, trafficDefaults, trafficVariables } from '@fairlead/traffic-config';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../processes/ports.js';
import { startWithFile } from '../support/configuration-file.js';
import { shared } from '../support/lifetime.js';
import { fairlead as run, workingFolder } from './fairlead.js';

const VALID = `
pools:
  reports:
routes:
  - { match: { path: /reports/* }, pool: reports }
  - { pool: default, requestHeaders: { set: { X-Key: '\${KEY}' } } }
`;

const folder = shared((atEnd) => Promise.resolve(workingFolder(atEnd)));

/** Writes a file into the working directory of the command. */
const write = (name: string, text: string) => folder.current.write(name, text);

/** Runs the command until it ends. */
const fairlead = (args: readonly string[], env: Record<string, string> = {}) =>
  run(args, { cwd: folder.current.path, env });

describe('fairlead check', () => {
  it('exits with 0 for a valid file, and prints warnings', async () => {
    const file = write('valid.yaml', `${VALID}  - { pool: default }\n`);
    expect(await fairlead(['check', file], { KEY: 'k' })).toEqual({
      exitCode: 0,
      stdout:
        'warning: route route-3 never matches: route route-2, which is tried before it, matches all its requests\n' +
        'valid.yaml is valid: 2 pools, 3 routes\n',
      stderr: '',
    });
  });

  it('exits with 1 for a file with problems, and prints all of them', async () => {
    const file = write('invalid.yaml', 'pools: { a: { polcy: drf } }\nroutes: [{ pool: b }]\n');
    const { exitCode, stdout, stderr } = await fairlead(['check', file]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^invalid.yaml:1:15: pools.a.polcy is unknown \(did you mean "policy"\?\)/),
      'invalid.yaml:2:18: routes[0].pool must be one of the pools a, default, got "b"',
      '',
    ]);
  });

  it('reads secrets and error pages beside the file, and resources from the environment', async () => {
    write('key.txt', 'secret\n');
    write('busy.html', '{{status}}');
    const file = write(
      'files.yaml',
      "errorPages: [{status: 503, html: busy.html}]\nroutes: [{pool: default, demand: {cpu: 1}, requestHeaders: {set: {a: '${file:key.txt}'}}}]",
    );
    expect(await fairlead(['check', join(folder.current.path, file)], { RESOURCES: 'cpu' })).toMatchObject({
      exitCode: 0,
    });
    expect(await fairlead(['check', file])).toMatchObject({
      exitCode: 1,
      stderr: 'files.yaml:2:35: routes[0].demand.cpu is unknown; allowed: compute, storage\n',
    });
  });

  it.each([
    [['check', 'missing.yaml'], 'fairlead: missing.yaml cannot be read: there is no such file\n'],
    [['check', '.'], 'fairlead: . cannot be read: it is a directory\n'],
    [['check'], "error: missing required argument 'file'\n(fairlead --help shows the commands)\n"],
    [['chek', 'a'], "error: unknown command 'chek'\n(Did you mean check?)\n(fairlead --help shows the commands)\n"],
  ])('exits with 2 for %j', async (args, stderr) => {
    expect(await fairlead(args)).toEqual({ exitCode: 2, stdout: '', stderr });
  });

  it('exits with 2 for a variable that is not valid', async () => {
    expect(await fairlead(['check', write('empty.yaml', '{}')], { PING_RISE: 'x' })).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'fairlead: PING_RISE must be a whole number from 1 to 100, got "x"\n',
    });
  });
});

describe('fairlead diff', () => {
  const TOKEN = 'a-token-with-the-role-read';
  let url: string;

  beforeAll(async () => {
    const server = createServer((request, response) => {
      if (request.headers.authorization !== `Bearer ${TOKEN}`) response.writeHead(401).end('{}');
      else response.end(request.url === '/api/v1/configuration' ? JSON.stringify({ traffic: inForce() }) : '{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return () => server.close();
  });

  /** What the balancer has in force. */
  function inForce() {
    const parsed = parseTraffic(VALID, {
      file: 'x',
      defaults: trafficDefaults(trafficVariables.parse({}), Infinity),
      resourceNames: ['compute', 'storage'],
      environment: { KEY: 'secret' },
      readFile: () => '',
    });
    if (parsed.kind !== 'valid') throw new Error(parsed.problems[0].message);
    return maskedTraffic(parsed.traffic, parsed.secrets);
  }

  it('exits with 0 when nothing differs, also where the secrets are unknown', async () => {
    const file = write('same.yaml', VALID);
    expect(await fairlead(['diff', file, '--url', url, '--token', TOKEN])).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('exits with 1 and prints what differs', async () => {
    const file = write('other.yaml', VALID.replace('reports:', 'reports: { policy: maglev }'));
    write('token', `${TOKEN}\n`);
    const env = { BALANCER_URL: url, CONTROL_PLANE_TOKEN_FILE: 'token' };
    expect(await fairlead(['diff', file], env)).toEqual({
      exitCode: 1,
      stdout: 'pool reports: policy drf → maglev\n',
      stderr: '',
    });
  });

  it.each([
    [['--url', 'URL'], 'URL/ requires a token with the role read: use --token or --token-file'],
    [
      ['--url', 'URL/x', '--token', TOKEN],
      'URL/x/ responded without a configuration: is it the control plane of a balancer?',
    ],
    [['--url', 'x'], '--url must be an http or https URL such as http://127.0.0.1:9797, got "x"'],
    [['--token', 'a', '--token-file', 'b'], '--token and --token-file exclude each other'],
  ])('exits with 2 for %j', async (args, message) => {
    const file = write('same.yaml', VALID);
    const given = args.map((arg) => arg.replace(/^URL/, url));
    expect(await fairlead(['diff', file, ...given])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `fairlead: ${message.replace(/^URL/, url)}\n`,
    });
  });

  it('compares with a balancer that runs', async () => {
    // The command takes the defaults of pools and routes from the same variables.
    const variables = { KEY: 'a secret of the balancer', SLOW_START_SECONDS: '5' };
    const { control, file } = await startWithFile(VALID, variables);
    expect(await fairlead(['diff', file, '--url', control], variables)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
    const changed = write('changed.yaml', VALID.replace('/reports/*', '/bills/*'));
    const { exitCode, stdout } = await fairlead(['diff', changed, '--url', control], variables);
    expect({ exitCode, lines: stdout.trimEnd().split('\n') }).toEqual({
      exitCode: 1,
      lines: [expect.stringContaining('/reports')],
    });
  });

  it('exits with 2 when no balancer listens', async () => {
    const [port] = await freePorts(1);
    const file = write('same.yaml', VALID);
    expect(await fairlead(['diff', file, '--url', `http://127.0.0.1:${port}`])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `fairlead: http://127.0.0.1:${port}/ cannot be reached: it refused the connection\n`,
    });
  });

  it('exits with 2 for a file with problems', async () => {
    const file = write('wrong.yaml', 'routes: []');
    expect(await fairlead(['diff', file, '--url', url])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('wrong.yaml:1:9: routes must be a list') as string,
    });
  });
});
