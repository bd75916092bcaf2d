// `fairlead join` without a command: it accompanies a process that runs already, or measures the machine.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { describe, expect, it } from 'vitest';
import { reservePorts } from '../processes/ports.js';
import { shared, whenTestEnds } from '../support/lifetime.js';
import { backendIn, startBalancer } from '../support/processes.js';
import { fairlead, workingFolder } from './fairlead.js';
import { node, NUMBERS, SERVER, startJoin } from './joining.js';

const balancer = shared((atEnd) => startBalancer({}, atEnd));

describe('fairlead join without a command', () => {
  it('accompanies a process: it is in the fleet while it listens', async () => {
    const [port] = await reservePorts(1);
    const { control } = balancer.current;
    const { running, ended, wrote } = startJoin(balancer.current.control, [
      '--port',
      String(port),
      '--id',
      'accompanied',
      ...NUMBERS,
    ]);
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
    const { ended, running } = startJoin(balancer.current.control, [
      '--port',
      String(port),
      ...NUMBERS,
      '--start-timeout',
      '0.5',
    ]);
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
    const { running } = startJoin(balancer.current.control, flags, node(SERVER, port));
    const { control } = balancer.current;
    await backendIn(control, 'measured', 'up');
    const { resources } = (await (await fetch(`${control}/api/v1/backends/measured`)).json()) as {
      resources: Record<string, number>;
    };
    expect(resources.compute % 10).toBe(0);
    expect(resources.storage).toBe(7);
    expect(running.tail).toContain(`measured --compute ${resources.compute} (10 for each core) --storage `);
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
