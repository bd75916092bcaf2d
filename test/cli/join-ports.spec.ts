// `fairlead join -- COMMAND` without a port, which is found out, and without a capacity, which is not declared.
import { describe, expect, it } from 'vitest';
import { reservePorts } from '../processes/ports.js';
import { describeWith } from '../support/programs.js';
import { backendIn, startBalancer } from '../support/processes.js';
import { fairlead, workingFolder } from './fairlead.js';
import { node, NUMBERS, SERVER, startJoin } from './joining.js';

describeWith('python3', 'fairlead join with nothing but a command', (python) => {
  it('sends it traffic, and shows that it declared no resources', async () => {
    const { control, url } = await startBalancer({});
    const [port] = await reservePorts(1);
    const { path, write } = workingFolder();
    write('hello.txt', 'from Python');
    const command = [python, '-m', 'http.server', String(port)];
    const { running, ended } = startJoin(control, ['--id', 'python'], command, path);
    await backendIn(control, 'python', 'up');
    expect(await (await fetch(`${url}/hello.txt`)).text()).toBe('from Python');
    expect(await (await fetch(`${control}/api/v1/backends/python`)).json()).not.toHaveProperty('resources');
    expect(running.tail).not.toContain('measured');
    const { stdout } = await fairlead(['backends', '--url', control]);
    expect(stdout).toMatch(/^ID +POOL +STATE .*COMPUTE BACKLOG +STORAGE BACKLOG/m);
    expect(stdout).toMatch(/^python +default +up .* [–-] +[–-] /m);
    running.signal('SIGTERM');
    expect(await ended).toBe(128 + 15);
  });

  it('finds the port of a server that a script starts', async () => {
    const { control, url } = await startBalancer({});
    const [port] = await reservePorts(1);
    const { path, write } = workingFolder();
    write('hello.txt', 'from a script');
    const script = `'${python}' -m http.server ${port} & trap "kill $!" TERM; wait; wait`;
    const flags = ['--id', 'script', ...NUMBERS];
    const { running, ended } = startJoin(control, flags, ['sh', '-c', script], path);
    await backendIn(control, 'script', 'up');
    expect(await (await fetch(`${url}/hello.txt`)).text()).toBe('from a script');
    running.signal('SIGTERM');
    await ended;
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });
});

describe('fairlead join with a port to be found', () => {
  it('registers the one address that the command listens on', async () => {
    const { control, url } = await startBalancer({});
    const [port] = await reservePorts(1);
    startJoin(control, ['--id', 'bound', ...NUMBERS], node(SERVER.replace('127.0.0.1', '127.0.0.2'), port));
    await backendIn(control, 'bound', 'up');
    const view = await (await fetch(`${control}/api/v1/backends/bound`)).json();
    expect(view).toMatchObject({ url: `http://127.0.0.2:${port}` });
    expect(await (await fetch(url)).text()).toBe('served');
  });

  it('exits with 125 when there are several, names them, and ends the command', async () => {
    const { control } = await startBalancer({});
    const ports = await reservePorts(2);
    const two = `${SERVER} require('http').createServer().listen(Number(process.argv[2]), '127.0.0.1');`;
    const { running, ended } = startJoin(control, NUMBERS, node(two, ...ports));
    expect(await ended).toBe(125);
    const [first, second] = [...ports].sort((a, b) => a - b);
    expect(running.tail).toContain(`listens on the ports ${first}, ${second}: say where it serves`);
    expect(running.tail).toContain(`such as by --port ${first}\n`);
    await expect(fetch(`http://127.0.0.1:${first}`)).rejects.toThrow();
  });

  it.each([
    ['exits with 124 when it never listens', 'setInterval(() => {}, 1000)', 124, 'it listens on no port that can be'],
    ['says so when it ends before', 'process.exit(7)', 7, 'ended (exit code 7) before it listened on a port\n'],
  ])('%s', async (_, code, exitCode, message) => {
    const flags = [...NUMBERS, ...(exitCode === 124 ? ['--start-timeout', '1'] : [])];
    const { running, ended } = startJoin('http://127.0.0.1:9797', flags, node(code));
    expect(await ended).toBe(exitCode);
    expect(running.tail).toContain(message);
  });
});
