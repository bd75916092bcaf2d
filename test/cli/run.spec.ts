// What runs the system: `fairlead start`, and the command under a Node that is too old for it.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OwnProcess } from '../processes/own-process.js';
import { reservePorts } from '../processes/ports.js';
import { until } from '../support/processes.js';
import { describeWith } from '../support/programs.js';
import { FAIRLEAD, fairlead, workingFolder } from './fairlead.js';
import { node, NUMBERS } from './joining.js';

const run = promisify(execFile);

/** Makes Node claim that it is too old. The one that the command hands over to does not load this. */
const OLD_NODE = [
  '--import',
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.19.0"}})',
];

/** Runs a balancer by `args` of Node until it is ready, and then ends it with SIGTERM. Resolves with its output. */
async function startUntilReady(args: readonly string[]): Promise<string> {
  const { path: cwd } = workingFolder();
  const env = { ...process.env, DATA_PLANE_PORT: '0', CONTROL_PLANE_PORT: '0' };
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdout.on('data', (chunk) => {
    if (String(chunk).includes('data plane listening')) child.kill('SIGTERM');
  });
  const output = text(child.stdout);
  expect(await once(child, 'exit')).toEqual([0, null]);
  return output;
}

describe('fairlead start', () => {
  it('runs a balancer until SIGTERM, which is also the default', async () => {
    expect(await startUntilReady([FAIRLEAD, 'start'])).toContain('SIGTERM: shutting down');
  });

  it('fails with the code and the message of the application', async () => {
    const { exitCode, stderr } = await fairlead(['start', 'backend'], { env: { BACKEND_PORT: 'x' } });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'BACKEND_PORT must be a whole number from 0 to 65535, got "x"\n',
    });
  });

  it.each([
    [['start', 'proxy'], /'proxy' is invalid.*Allowed choices are balancer, dashboard, backend, all/],
    [['start', 'dashboard', '--config', 'f'], /^fairlead: --config is for a balancer, not for the dashboard\n$/],
    [['demo', '--port-offset', '50001'], /must be a whole number from 0 to 50000/],
    [['spam', '--target', 'ftp://h'], /must be an http or https URL/],
    [['spam', '--method', 'TRACE'], /must be one of GET, HEAD/],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stderr } = await fairlead(args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });
});

/** A server that numbers its requests from 0. */
async function numberingServer(respond: (number: number, response: ServerResponse) => void) {
  const state = { requests: 0 };
  const server = createServer((_, response) => respond(state.requests++, response)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { state, flags: ['--target', `http://127.0.0.1:${port}/`, '--connections', '3', '--url', NO_BALANCER] };
}

const NO_BALANCER = 'http://127.0.0.1:1';

function accountOf(stdout: string) {
  const numberAfter = (name: string) =>
    Number(new RegExp(`^${name} +([\\d,]+)`, 'm').exec(stdout)?.[1].replace(/,/g, ''));
  return { sent: numberAfter('sent'), responses: numberAfter('responses'), failed: numberAfter('failed') };
}

describe('fairlead spam', () => {
  it('accounts for each request, also for those that fail', async () => {
    const { state, flags } = await numberingServer((number, response) => {
      if (number % 4 === 1) response.socket!.destroy();
      else response.writeHead(number % 4 === 2 ? 503 : 200).end('hello');
    });
    const { exitCode, stdout, stderr } = await fairlead(['spam', ...flags, '--duration', '1', '--rate', '100']);
    const { sent, responses, failed } = accountOf(stdout);
    const [, good, bad] = /, (\d+) with 2xx, (\d+) with 5xx/.exec(stdout)!.map(Number);
    expect(sent).toBe(state.requests);
    expect(responses + failed).toBe(sent);
    expect(good + bad).toBe(responses);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/no figures per backend: http:\/\/127\.0\.0\.1:1\/ cannot be reached/);
  });

  it('ends in time and on Ctrl-C at a rate that it cannot reach', async () => {
    const { state, flags } = await numberingServer((_, response) => response.end('hello'));
    const command = ['spam', ...flags, '--rate', '1000000', '--duration'];
    const { exitCode, stdout } = await fairlead([...command, '1']);
    expect(exitCode).toBe(0);
    expect(accountOf(stdout)).toEqual({ sent: state.requests, responses: state.requests, failed: 0 });
    const args = [process.execPath, FAIRLEAD, ...command, '86400'];
    const endless = new OwnProcess('fairlead spam', args, { env: { HOME: '/nonexistent' } });
    onTestFinished(async () => void (await endless.stop('SIGKILL')));
    const before = state.requests;
    await until('requests to come', () => state.requests > before);
    endless.signal('SIGINT');
    expect(await once(endless.child, 'close')).toEqual([0, null]);
    expect(accountOf(endless.tail).sent).toBe(state.requests - before);
  });
});

describe('under a Node that is too old', () => {
  it('the command runs itself with the one that was installed with it', async () => {
    const { stdout } = await run(process.execPath, [...OLD_NODE, FAIRLEAD, 'version']);
    expect(stdout).toMatch(new RegExp(`^node +${process.versions.node.replaceAll('.', '\\.')}$`, 'm'));
  });

  it('passes its exit code and signals on', async () => {
    await expect(run(process.execPath, [...OLD_NODE, FAIRLEAD, 'check', '/none.yaml'])).rejects.toMatchObject({
      code: 2,
    });
    expect(await startUntilReady([...OLD_NODE, FAIRLEAD, 'start'])).toContain('SIGTERM: shutting down');
  });

  it('passes SIGUSR1 on, with which Node would open its debugger', async () => {
    const code = `process.on('SIGUSR1', () => process.exit(3)); setInterval(() => {}, 1000); console.log('runs')`;
    const flags = ['--port', String((await reservePorts(1))[0]), ...NUMBERS];
    const args = [...OLD_NODE, FAIRLEAD, 'join', ...flags, '--', ...node(code)];
    const running = new OwnProcess('fairlead join', [process.execPath, ...args], { env: { HOME: '/nonexistent' } });
    onTestFinished(async () => void (await running.stop('SIGTERM')));
    await until('the command to run', () => running.tail.includes('runs'));
    running.signal('SIGUSR1');
    expect(await once(running.child, 'close')).toEqual([3, null]);
  });
});

describeWith('python3', 'under a Node that is too old, in a terminal', (python) => {
  /** Runs a command in a terminal until it is ready, and ends it as argv[1] says. */
  const IN_TERMINAL = `
import os, pty, signal, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
output = b""
asked = False
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        break
    if not chunk:
        break
    output += chunk
    if not asked and b"data plane listening" in output:
        asked = True
        if sys.argv[1] == "key":
            os.write(terminal, b"\\x03")
        else:
            os.kill(pid, signal.SIGINT)
sys.stdout.buffer.write(output)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

  it.each(['key', 'signal'])('gets Ctrl-C once, as a %s', async (way) => {
    const { path: cwd } = workingFolder();
    const env = { ...process.env, DATA_PLANE_PORT: '0', CONTROL_PLANE_PORT: '0' };
    const command = [process.execPath, ...OLD_NODE, FAIRLEAD, 'start'];
    const { stdout } = await run(python, ['-c', IN_TERMINAL, way, ...command], { cwd, env });
    expect(stdout.match(/SIGINT/g)).toHaveLength(1);
  });
});
