// A supervisor with its balancer, the command that reloads it, and clients that detect lost requests.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { AppProcess, listening, type Balancer } from './processes.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The result of a script. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A supervisor whose balancer serves. */
export interface Supervised extends Balancer {
  /** A folder of the test's own. */
  readonly folder: string;
  /** Runs `npm run reload`. */
  reload(): Promise<Ended>;
}

/** A folder that is gone when the test is over. */
export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Runs a script of the repository to its end. */
export function runScript(name: string, env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env } };
    const child = execFile(process.execPath, [`${ROOT}scripts/${name}`], options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** Starts a supervisor on free ports; it has ended, and its balancer too, when the test is over. */
export async function startSupervisor(folder: string, env: Record<string, string> = {}): Promise<Supervised> {
  const variables = {
    DATA_PLANE_PORT: '0',
    DATA_PLANE_HOST: '127.0.0.1',
    CONTROL_PLANE_PORT: '0',
    CONTROL_PLANE_HOST: '127.0.0.1',
    REGISTRY_FILE: join(folder, 'registry.sqlite'),
    SUPERVISOR_PID_FILE: join(folder, 'supervisor.pid'),
    SHUTDOWN_TIMEOUT_SECONDS: '5',
    LOG_FORMAT: 'json',
    ...env,
  };
  const running = new AppProcess('the supervisor', [process.execPath, `${ROOT}scripts/supervise.ts`], {
    env: variables,
  });
  onTestFinished(async () => {
    await running.stop('SIGTERM');
  });
  const balancer = await listening(running);
  await running.logged(' serves');
  return { ...balancer, folder, reload: () => runScript('reload.ts', variables) };
}

/** The results of the clients. */
export interface Served {
  served: number;
  /** A line for each request that did not get a 200 with a whole body. */
  readonly failures: string[];
}

/** GETs one after another at each of `clients` clients until `stop` is called, which returns the results. */
export function keepAsking(url: string, clients: number, { keepAlive }: { readonly keepAlive: boolean }) {
  const got: Served = { served: 0, failures: [] };
  const over = new AbortController();
  const loops = Array.from({ length: clients }, async () => {
    const agent = new Agent({ keepAlive, maxSockets: 1 });
    while (!over.signal.aborted) {
      const failure = await ask(url, agent);
      if (failure === undefined) got.served++;
      else got.failures.push(failure);
    }
    agent.destroy();
  });
  return {
    /** So far. */
    got: got as Readonly<Served>,
    stop: async (): Promise<Served> => {
      over.abort();
      await Promise.all(loops);
      return got;
    },
  };
}

/** Resolves with what went wrong. */
function ask(url: string, agent: Agent): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200 ? undefined : `status ${response.statusCode}`));
      response.once('error', (error) => resolve(`in the body: ${error.message}`));
    });
    request.once('error', (error) => {
      resolve(`${error.message} on a ${request.reusedSocket ? 'kept-alive' : 'new'} connection`);
    });
  });
}
