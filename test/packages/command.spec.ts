// The packed command in an empty folder outside the repository: the first steps of a user.
import { expect, it, onTestFinished } from 'vitest';
import { OwnProcess } from '../processes/own-process.js';
import { reservePorts } from '../processes/ports.js';
import { startDemo } from '../support/demo.js';
import { shared } from '../support/lifetime.js';
import { backendIn } from '../support/processes.js';
import { describeWith } from '../support/programs.js';
import { emptyFolder, pack } from './installation.js';
import { installCommand, startPackedBalancer } from './packed-command.js';

const command = shared(async (atEnd) => installCommand(await pack('.', emptyFolder(atEnd)), atEnd));

it('fairlead demo serves requests, and ends on Ctrl-C', async () => {
  const { folder, path } = command.current;
  const demo = await startDemo({}, { command: [path], cwd: folder });
  expect((await fetch(`http://127.0.0.1:${5252 + demo.offset}/`)).status).toBe(200);
  expect(await demo.stop()).toEqual([0, null]);
});

describeWith('python3', 'fairlead join', (python) => {
  it('puts a web server of Python into the fleet until SIGTERM', async () => {
    const { folder, path } = command.current;
    const { control, url } = await startPackedBalancer(command.current, onTestFinished);
    const [port] = await reservePorts(1);
    const server = [python, '-m', 'http.server', String(port)];
    const env = { HOME: folder, BALANCER_URL: control };
    const id = `http://127.0.0.1:${port}`;
    const joined = new OwnProcess('fairlead join', [path, 'join', '--', ...server], { cwd: folder, env });
    onTestFinished(async () => void (await joined.stop('SIGTERM')));
    await backendIn(control, id, 'up');
    expect(await (await fetch(url)).text()).toContain('node_modules');
    await joined.stop('SIGTERM');
    expect((await fetch(`${control}/api/v1/backends/${encodeURIComponent(id)}`)).status).toBe(404);
  });
});
