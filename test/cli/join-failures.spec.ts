// `fairlead join -- COMMAND` where the command cannot join: what is said, and the exit code.
import { describe, expect, it } from 'vitest';
import { freePorts, reservePorts } from '../processes/ports.js';
import { shared } from '../support/lifetime.js';
import { startBalancer } from '../support/processes.js';
import { fairlead, workingFolder } from './fairlead.js';
import { node, NUMBERS, SERVER, startJoin } from './joining.js';

const TOKEN = 'a-token-with-every-role-of-the-control-plane';

const balancer = shared((atEnd) => startBalancer({}, atEnd));

describe('fairlead join with a command that cannot join', () => {
  it.each([
    ['ends at once', 'process.exit(7)', 7, /ended \(exit code 7\) before it answered on port \d+\n/],
    ['ends at once without an error', '', 1, /ended \(exit code 0\) before it answered on port \d+\n/],
    [
      'never listens',
      'setInterval(() => {}, 1000)',
      124,
      /does not answer after 1 s: nothing listens on port \d+ of localhost\n/,
    ],
  ])('exits with its own code when it %s', async (_, code, exitCode, message) => {
    const [port] = await reservePorts(1);
    const limit = exitCode === 124 ? ['--start-timeout', '1'] : [];
    const flags = ['join', '--port', String(port), ...NUMBERS, ...limit, '--', ...node(code)];
    const run = await fairlead(flags, { env: { BALANCER_URL: balancer.current.control } });
    expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode, stdout: '' });
    expect(run.stderr).toMatch(message);
  });

  it('exits with 124 when its path has another status, and ends it', async () => {
    // On a busy machine the server may take long until it listens.
    for (const seconds of [2, 8, 32]) {
      const [port] = await reservePorts(1);
      const flags = ['--port', String(port), '--path', '/404', '--start-timeout', String(seconds), ...NUMBERS];
      const { running, ended } = startJoin(balancer.current.control, flags, node(SERVER, port));
      expect(await ended).toBe(124);
      await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
      if (seconds < 32 && running.tail.includes('nothing listens')) continue;
      expect(running.tail).toContain(`does not answer after ${seconds} s: GET /404 has status 404`);
      break;
    }
  });

  it('does not let it have the token', async () => {
    const [port] = await reservePorts(1);
    const program = node(`console.log('token:', process.env.CONTROL_PLANE_TOKEN)`);
    const env = { BALANCER_URL: balancer.current.control, CONTROL_PLANE_TOKEN: TOKEN };
    const { stdout } = await fairlead(['join', '--port', String(port), ...NUMBERS, '--', ...program], { env });
    expect(stdout).toBe('token: undefined\n');
  });

  it('exits with 127 when there is none, and 126 when it cannot be executed', async () => {
    const [port] = await freePorts(1);
    const folder = workingFolder();
    folder.write('script', 'echo', 0o644);
    const flags = ['join', '--port', String(port), ...NUMBERS, '--'];
    const env = { BALANCER_URL: balancer.current.control };
    expect(await fairlead([...flags, 'no-such-command'], { env })).toEqual({
      exitCode: 127,
      stdout: '',
      stderr: 'fairlead: no-such-command: there is no such command, or not the interpreter that it names\n',
    });
    expect(await fairlead([...flags, './script'], { env, cwd: folder.path })).toEqual({
      exitCode: 126,
      stdout: '',
      stderr: 'fairlead: ./script cannot be executed: permission is denied: is it executable?\n',
    });
  });

  it('exits with 125 when its port is taken, and does not start it', async () => {
    const { port } = balancer.current;
    const flags = ['join', '--port', String(port), ...NUMBERS, '--', ...node(`console.log('started')`)];
    const { exitCode, stdout, stderr } = await fairlead(flags);
    expect({ exitCode, stdout }).toEqual({ exitCode: 125, stdout: '' });
    expect(stderr).toContain(`port ${port} of localhost is taken: another process answers there.`);
  });

  it('exits with 125 when the balancer refuses it, and ends it', async () => {
    const [port] = await reservePorts(1);
    const { running, ended } = startJoin(
      balancer.current.control,
      ['--port', String(port), '--pool', 'x', ...NUMBERS],
      node(SERVER, port),
    );
    expect(await ended).toBe(125);
    expect(running.tail).toContain('the balancer refused the registration: there is no pool "x"');
    expect(running.tail).not.toContain('retrying');
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });

  it('exits with 125 for a wrong token', async () => {
    const [port] = await reservePorts(1);
    const { control } = await startBalancer({ CONTROL_PLANE_TOKEN: TOKEN });
    const flags = ['--port', String(port), ...NUMBERS, '--url', control, '--token', 'wrong'];
    const { running, ended } = startJoin(balancer.current.control, flags, node(SERVER, port));
    expect(await ended).toBe(125);
    expect(running.tail).toMatch(
      /refused the registration: wrong token.* \(use --token-file with a token of the role register\)\n/,
    );
  });

  it.each([
    [
      ['--port', '0', ...NUMBERS],
      "error: option '-p, --port <port>' argument '0' is invalid. It must be a whole number from 1 to 65535.",
    ],
    [['--port', '8080', ...NUMBERS, '--path', 'x'], '--path must be a path such as /health'],
    [['--port', '8080', ...NUMBERS, '--resource', 'GPU=1'], '--resource GPU is not a valid name'],
    [['--port', '8080', ...NUMBERS, '--lease', '0'], '--lease must be a number of seconds from 1 to 86400, got 0'],
    [['--port', '8080', ...NUMBERS, '--balancer', 'x'], '--balancer must be an http or https URL'],
    [['--port', '8080', ...NUMBERS, '--backend-url', 'x'], '--backend-url must be an http or https URL'],
  ])('exits with 2 for %j', async (flags, message) => {
    const { exitCode, stdout, stderr } = await fairlead(['join', ...flags, '--', ...node(`console.log('started')`)]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^(fairlead|error): /);
    expect(stderr).toContain(message);
  });

  it('exits with 2 without a command and a port', async () => {
    const { exitCode, stderr } = await fairlead(['join', ...NUMBERS]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr:
        'fairlead: join needs a command, such as fairlead join -- python3 server.py, or the port of a process that ' +
        'runs already, such as --port 8080\n',
    });
  });

  it('says that a command with options comes after --', async () => {
    const { exitCode, stderr } = await fairlead(['join', 'python3', '-m', 'http.server']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      "error: unknown option '-m'\n(options of the command come after --, as in: fairlead join -- python3 …)\n",
    );
    expect((await fairlead(['join', '--prot', '8080', '--', 'python3'])).stderr).not.toContain('come after --');
  });
});
