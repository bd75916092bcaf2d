// The commands of the README, run as they stand there, against the demo that the README starts.
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { OwnProcess } from '../processes/own-process.js';
import { reservePorts } from '../processes/ports.js';
import { startDemo } from '../support/demo.js';
import { backendIn } from '../support/processes.js';
import { describeWith } from '../support/programs.js';
import { JOIN, README, RUN_AGAINST_DEMO, SERVER, commandsIn } from '../support/readme-commands.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** The `node` of a command is the one that runs the tests. */
const options = { cwd: ROOT, env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` } };

async function startServer(command: string, port: number): Promise<void> {
  const server = new OwnProcess(command, ['bash', '-c', `exec ${command}`], { ...options, detached: true });
  // The whole group: npx starts another process.
  onTestFinished(() => {
    if (!server.hasEnded) process.kill(-server.pid, 'SIGTERM');
  });
  await server.listening(port);
  expect((await fetch(`http://localhost:${port}/`)).ok, command).toBe(true);
}

// The commands send their requests with curl, and one starts a server in Python.
describeWith('curl', 'with curl', () => {
  describeWith('python3', 'and Python', () => {
    it('the commands of the README do what it says', async () => {
      const { offset } = await startDemo();
      const [serverPort, joinedPort] = await reservePorts(2);
      const control = `http://localhost:${9797 + offset}`;
      const onFreePorts = (command: string) => {
        const moved = command
          .replaceAll(/localhost:(\d+)/g, (_, port) => `localhost:${Number(port) + offset}`)
          .replaceAll('8080', String(serverPort))
          .replaceAll('8081', String(joinedPort))
          .replace(/fairlead (join|explain)/, `fairlead $1 --url ${control}`);
        const isSpam = command.startsWith('npm run spam');
        return isSpam ? `${moved} --target http://localhost:${5252 + offset}/ --url ${control}` : moved;
      };
      for (const command of commandsIn(README)) {
        const expected = RUN_AGAINST_DEMO.get(command);
        if (expected === undefined) continue;
        if (command === SERVER || command === JOIN) {
          const port = command === SERVER ? serverPort : joinedPort;
          await startServer(onFreePorts(command), port);
          if (command === JOIN) await backendIn(control, `http://127.0.0.1:${port}`, 'up');
          continue;
        }
        const { stdout } = await run('bash', ['-c', onFreePorts(command)], options);
        expect(stdout, command).toMatch(expected);
        if (command.includes('files-1') && command.includes('POST')) await backendIn(control, 'files-1', 'up');
      }
      await backendIn(control, 'files-1', 'gone');
    });
  });
});
