// Runs `fairlead join` as a process, with programs that serve, and end in several ways.
import { once } from 'node:events';
import { OwnProcess } from '../processes/own-process.js';
import { reservePorts } from '../processes/ports.js';
import { whenTestEnds } from '../support/lifetime.js';
import { backendIn, until } from '../support/processes.js';
import { FAIRLEAD } from './fairlead.js';

/** Flags with a capacity. */
export const NUMBERS = ['--compute', '20', '--storage', '36'];

/**
 * Serves on the port of its first argument. `/slow` gets no response until `/release`; `/exit` and `/kill` end the process.
 */
export const SERVER = `
const held = [];
const server = require('http').createServer((request, response) => {
  if (request.url === '/slow') { console.log('holding'); held.push(response); }
  else if (request.url === '/release') { for (const each of held) each.end('late'); response.end(); }
  else if (request.url === '/exit') process.exit(7);
  else if (request.url === '/kill') process.kill(process.pid, 'SIGKILL');
  else if (request.url === '/404') response.writeHead(404).end();
  else response.end('served');
});
for (const name of ['SIGHUP', 'SIGUSR2', 'SIGWINCH']) process.on(name, () => console.log('got ' + name));
server.listen(Number(process.argv[1]), '127.0.0.1', () => console.log('listening'));
`;

/** Ends in order, with an exit code of its own. */
export const ENDS_WITH_3 = `${SERVER} process.on('SIGTERM', () => { console.log('got SIGTERM'); process.exit(3); });`;

/** The command that runs a program. */
export function node(code: string, ...args: readonly (string | number)[]): string[] {
  return [process.execPath, '-e', code, ...args.map(String)];
}

/** Starts `fairlead join` for the balancer with this control plane, in a folder. */
export function startJoin(control: string, flags: readonly string[], command: readonly string[] = [], cwd?: string) {
  const args = [FAIRLEAD, 'join', ...flags, ...(command.length > 0 ? ['--', ...command] : [])];
  const env = { HOME: '/nonexistent', BALANCER_URL: control };
  const running = new OwnProcess('fairlead join', [process.execPath, ...args], { env, cwd });
  whenTestEnds(async () => void (await running.stop('SIGTERM')));
  const ended = once(running.child, 'close').then(([exitCode]) => exitCode as number);
  return { running, ended, wrote: (text: string) => until(`"${text}"`, () => running.tail.includes(text)) };
}

/** Joins a server on a free port, with this id; resolves when it gets requests. */
export async function joinServer(control: string, id: string, code: string, ...flags: readonly string[]) {
  const [port] = await reservePorts(1);
  const joined = startJoin(control, ['--port', String(port), '--id', id, ...NUMBERS, ...flags], node(code, port));
  await backendIn(control, id, 'up');
  return { ...joined, port };
}
