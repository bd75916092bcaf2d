// What runs the system: `fairlead start`, and the command under a Node that is too old for it.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OwnProcess } from '../processes/own-process.js';
import { reservePorts } from '../processes/ports.js';
import { until } from '../support/processes.js';
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

describe('fairlead spam', () => {
  it('accounts for each request, also for those that fail', async () => {
    const state = { requests: 0 };
    const server = createServer((request, response) => {
      const number = state.requests++;
      if (number % 4 === 1) request.socket.destroy();
      else response.writeHead(number % 4 === 2 ? 503 : 200).end('hello');
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const flags = ['--target', `http://127.0.0.1:${port}/`, '--duration', '1', '--connections', '3', '--rate', '100'];
    const { exitCode, stdout, stderr } = await fairlead(['spam', ...flags, '--url', 'http://127.0.0.1:1']);
    const sent = Number(/sent +(\d+) requests/.exec(stdout)?.[1]);
    const [, responses, good, bad] = /responses +(\d+), (\d+) with 2xx, (\d+) with 5xx/.exec(stdout)!.map(Number);
    const failed = Number(/failed +(\d+)/.exec(stdout)?.[1]);
    expect(sent).toBe(state.requests);
    expect(responses + failed).toBe(sent);
    expect(good + bad).toBe(responses);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/no figures per backend: http:\/\/127\.0\.0\.1:1\/ cannot be reached/);
  });
});

describe('under a Node that is too old', () => {
  it('the command runs itself with the one that was installed along', async () => {
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
