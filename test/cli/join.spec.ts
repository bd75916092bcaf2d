// `fairlead join`, as a process between a real balancer and the processes that it starts or accompanies.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { describe, expect, it } from 'vitest';
import { OwnProcess } from '../processes/own-process.js';
import { freePorts, reservePorts } from '../processes/ports.js';
import { shared, whenTestEnds } from '../support/lifetime.js';
import { backendIn, startBalancer, until } from '../support/processes.js';
import { FAIRLEAD, fairlead, workingFolder } from './fairlead.js';

const TOKEN = 'a-token-with-every-role-of-the-control-plane';
const NUMBERS = ['--compute', '20', '--storage', '36'];

const balancer = shared((atEnd) => startBalancer({}, atEnd));

/** Serves on the port of its first argument. `/slow` gets no response, `/exit` and `/kill` end the process. */
const SERVER = `
const held = [];
const server = require('http').createServer((request, response) => {
  if (request.url === '/slow') { console.log('holding'); held.push(response); }
  else if (request.url === '/exit') process.exit(7);
  else if (request.url === '/kill') process.kill(process.pid, 'SIGKILL');
  else if (request.url === '/404') response.writeHead(404).end();
  else response.end('served');
});
for (const name of ['SIGHUP', 'SIGUSR2', 'SIGWINCH']) process.on(name, () => console.log('got ' + name));
server.listen(Number(process.argv[1]), '127.0.0.1', () => console.log('listening'));
`;

/** Ends in order, with an exit code of its own. */
const ENDS_WITH_3 = `${SERVER} process.on('SIGTERM', () => { console.log('got SIGTERM'); process.exit(3); });`;
const IGNORES_SIGTERM = `${SERVER} process.on('SIGTERM', () => console.log('ignored SIGTERM'));`;

/** The command that runs this program. */
function node(code: string, ...args: readonly (string | number)[]): string[] {
  return [process.execPath, '-e', code, ...args.map(String)];
}

/** Starts `fairlead join` for the shared balancer. */
function join(flags: readonly string[], command: readonly string[] = [], env: Record<string, string> = {}) {
  const args = [FAIRLEAD, 'join', ...flags, ...(command.length > 0 ? ['--', ...command] : [])];
  const variables = { HOME: '/nonexistent', BALANCER_URL: balancer.current.control, ...env };
  const running = new OwnProcess('fairlead join', [process.execPath, ...args], { env: variables });
  whenTestEnds(async () => void (await running.stop('SIGTERM')));
  const ended = once(running.child, 'close').then(([exitCode]) => exitCode as number);
  return { running, ended, wrote: (text: string) => until(`"${text}"`, () => running.tail.includes(text)) };
}

/** Joins a server on a free port, with this id; resolves when it gets requests. */
async function joinServer(id: string, code: string, ...flags: readonly string[]) {
  const [port] = await reservePorts(1);
  const joined = join(['--port', String(port), '--id', id, ...NUMBERS, ...flags], node(code, port));
  await backendIn(balancer.current.control, id, 'up');
  return { ...joined, port };
}

describe('fairlead join with a command', () => {
  it('puts it into the fleet once it answers, as the flags describe it', async () => {
    const flags = ['--path', '/health', '--label', 'zone=a', '--label', 'rack=7', '--max-in-flight', '5'];
    const { running, ended, port } = await joinServer('described', ENDS_WITH_3, ...flags);
    const { control, url } = balancer.current;
    expect(await (await fetch(`${control}/api/v1/backends/described`)).json()).toMatchObject({
      url: `http://127.0.0.1:${port}`,
      resources: { compute: 20, storage: 36 },
      pingPath: '/health',
      maxInFlight: 5,
      labels: { zone: 'a', rack: '7' },
      lease: { leaseSeconds: 30 },
    });
    expect(await (await fetch(url)).text()).toBe('served');
    running.signal('SIGTERM');
    expect(await ended).toBe(3);
    await backendIn(control, 'described', 'gone');
  });

  it('leaves the fleet before the command gets the signal, which a second one brings at once', async () => {
    const { running, ended, wrote } = await joinServer('drained', ENDS_WITH_3, '--drain-timeout', '3600');
    const request = fetch(`${balancer.current.url}/slow`).catch(() => undefined);
    await wrote('holding');
    running.signal('SIGTERM');
    await backendIn(balancer.current.control, 'drained', 'draining');
    expect(running.tail).not.toContain('got SIGTERM');
    running.signal('SIGTERM');
    expect(await ended).toBe(3);
    expect(running.tail).toContain('got SIGTERM');
    await request;
  });

  it('leaves at once when the command ends by itself, and has its exit code', async () => {
    const { ended, wrote, port } = await joinServer('crashed', SERVER);
    await fetch(`http://127.0.0.1:${port}/exit`).catch(() => undefined);
    expect(await ended).toBe(7);
    await wrote('ended (exit code 7)');
    await backendIn(balancer.current.control, 'crashed', 'gone');
  });

  it('has the exit code 128 + n when a signal ended the command', async () => {
    const { ended, port } = await joinServer('killed', SERVER);
    await fetch(`http://127.0.0.1:${port}/kill`).catch(() => undefined);
    expect(await ended).toBe(128 + 9);
  });

  it('passes other signals on', async () => {
    const { running, wrote } = await joinServer('signalled', SERVER);
    for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGWINCH'] as const) {
      running.signal(signal);
      await wrote(`got ${signal}`);
    }
  });

  it('registers again when the balancer has forgotten it', async () => {
    await joinServer('forgotten', SERVER, '--lease', '1');
    const { control } = balancer.current;
    const view = async () =>
      (await (await fetch(`${control}/api/v1/backends/forgotten`)).json()) as { registeredAt?: string };
    const before = (await view()).registeredAt;
    await fetch(`${control}/api/v1/backends/forgotten?now=true`, { method: 'DELETE' });
    await until('it to be registered again', async () => {
      const { registeredAt } = await view();
      return registeredAt !== undefined && registeredAt !== before;
    });
  });

  it('kills a command that ignores SIGTERM', async () => {
    const { running, ended } = await joinServer('stubborn', IGNORES_SIGTERM, '--stop-timeout', '0.2');
    running.signal('SIGTERM');
    expect(await ended).toBe(128 + 9);
    expect(running.tail).toContain('ignored SIGTERM');
    expect(running.tail).toMatch(/has not ended .* after SIGTERM: killing it/);
  });

  it('ends a command that has not answered yet by the signal alone', async () => {
    const [port] = await reservePorts(1);
    const { running, ended, wrote } = join(
      ['--port', String(port), ...NUMBERS],
      node(`setInterval(() => {}, 1000); console.log('runs')`),
    );
    await wrote('runs');
    running.signal('SIGINT');
    expect(await ended).toBe(128 + 2);
  });

  it('keeps the command running while there is no balancer, and says so once', async () => {
    const [port, none] = await reservePorts(2);
    const { running, ended, wrote } = join(['--port', String(port), ...NUMBERS], node(ENDS_WITH_3, port), {
      BALANCER_URL: `http://127.0.0.1:${none}`,
    });
    await wrote('no usable response from the balancer');
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('served');
    // By now it has tried again.
    await until('further attempts', async () => {
      const server = createServer((_, response) => response.writeHead(503).end('{}'));
      server.listen(none, '127.0.0.1');
      await Promise.all([once(server, 'listening'), once(server, 'request')]);
      server.close();
      return true;
    });
    expect(running.tail.match(/no usable response/g)).toHaveLength(1);
    running.signal('SIGTERM');
    expect(await ended).toBe(3);
  });
});

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
    const [port] = await reservePorts(1);
    const { running, ended } = join(
      ['--port', String(port), '--path', '/404', '--start-timeout', '4', ...NUMBERS],
      node(SERVER, port),
    );
    expect(await ended).toBe(124);
    expect(running.tail).toContain('does not answer after 4 s: GET /404 has status 404');
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
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
    const { running, ended } = join(['--port', String(port), '--pool', 'x', ...NUMBERS], node(SERVER, port));
    expect(await ended).toBe(125);
    expect(running.tail).toContain('the balancer refused the registration: there is no pool "x"');
    expect(running.tail).not.toContain('retrying');
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });

  it('exits with 125 for a wrong token', async () => {
    const [port] = await reservePorts(1);
    const { control } = await startBalancer({ CONTROL_PLANE_TOKEN: TOKEN });
    const flags = ['--port', String(port), ...NUMBERS, '--url', control, '--token', 'wrong'];
    const { running, ended } = join(flags, node(SERVER, port));
    expect(await ended).toBe(125);
    expect(running.tail).toMatch(/the balancer refused the registration: wrong token/);
  });

  it.each([
    [['--port', '8080'], 'join needs the capacity of this machine: give --compute and --storage, or --measure'],
    [NUMBERS, 'join needs the port that the process listens on, such as --port 8080'],
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
});

describe('fairlead join without a command', () => {
  it('accompanies a process: it is in the fleet while it listens', async () => {
    const [port] = await reservePorts(1);
    const { control } = balancer.current;
    const { running, ended, wrote } = join(['--port', String(port), '--id', 'accompanied', ...NUMBERS]);
    await wrote(`waiting for port ${port} of localhost`);
    await (await serve(port)).end();
    const server = await serve(port);
    await backendIn(control, 'accompanied', 'up');
    await server.end();
    await wrote(`nothing listens on port ${port} of localhost any more`);
    await backendIn(control, 'accompanied', 'gone');
    const again = await serve(port);
    await backendIn(control, 'accompanied', 'up');
    running.signal('SIGTERM');
    expect(await ended).toBe(0);
    await backendIn(control, 'accompanied', 'gone');
    await again.end();
  });

  it('exits with 124 when nothing listens in time', async () => {
    const [port] = await reservePorts(1);
    const { ended, running } = join(['--port', String(port), ...NUMBERS, '--start-timeout', '0.5']);
    expect(await ended).toBe(124);
    expect(running.tail).toContain(`nothing listens on port ${port} of localhost`);
  });
});

describe('fairlead join --measure', () => {
  it('proposes numbers in words', async () => {
    const { path } = workingFolder();
    const { exitCode, stdout, stderr } = await fairlead(['join', '--measure'], { cwd: path });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^This process may use \d+ cores?: 10 units each are --compute \d+0\.$/m);
    expect(stdout).toMatch(/MB\/s/);
    expect(stdout).toMatch(/^ {2}fairlead join --port PORT --compute \d+0 --storage [\d.]+ -- COMMAND$/m);
  });

  it('uses them where none are given', async () => {
    const { path } = workingFolder();
    const [port] = await reservePorts(1);
    const flags = ['--port', String(port), '--id', 'measured', '--measure-in', path, '--storage', '7'];
    join(flags, node(SERVER, port));
    const { control } = balancer.current;
    await backendIn(control, 'measured', 'up');
    const { resources } = (await (await fetch(`${control}/api/v1/backends/measured`)).json()) as {
      resources: Record<string, number>;
    };
    expect(resources.compute % 10).toBe(0);
    expect(resources.storage).toBe(7);
  });

  it('exits with 2 where no file can be written', async () => {
    const { exitCode, stderr } = await fairlead(['join', '--measure-in', '/proc']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^fairlead: the disk cannot be measured in "\/proc": .*--measure-in/);
  });
});

/** Serves on a port in this process. */
async function serve(port: number): Promise<{ end(): Promise<void> }> {
  const server: Server = createServer((_, response) => response.end('served'));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const end = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  whenTestEnds(() => {
    server.closeAllConnections();
    server.close();
  });
  return { end };
}
