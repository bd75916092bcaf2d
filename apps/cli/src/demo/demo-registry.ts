// The Redis server of a demo with several balancers: on a free port, with a folder that is removed when the demo ends.
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@fairlead/configuration';
import type { AppProcess } from '../processes/app-process.js';
import { accepts, freePort } from '../processes/free-ports.js';

const PROGRAM = 'redis-server';
const MISSING =
  `--balancers needs ${PROGRAM}, which is not on the PATH. Debian and Ubuntu: sudo apt-get install redis-server; ` +
  'macOS: brew install redis';
const TIMEOUT_MS = 10_000;
const POLL_MS = 20;

export class DemoRegistry {
  private constructor(
    private readonly port: number,
    private readonly folder: string,
  ) {}

  /** @throws {Error} with a sentence when there is no Redis server on this machine. */
  static async prepare({ PATH = '' }: Environment): Promise<DemoRegistry> {
    if (!PATH.split(delimiter).some((folder) => isExecutable(join(folder, PROGRAM)))) throw new Error(MISSING);
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-demo-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    return new DemoRegistry(await freePort(), folder);
  }

  /** For `REGISTRY_URL`. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** The server. It keeps nothing on the disk: the fleet of the demo ends with it. */
  get process(): AppProcess {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--logfile', this.logFile];
    return {
      name: PROGRAM,
      app: PROGRAM,
      args: [...place, '--save', '', '--appendonly', 'no'],
      env: {},
      color: 'red',
    };
  }

  /** Resolves when the server accepts connections, or `isOver`. @throws {Error} when it does not in time. */
  async whenListening(isOver: () => boolean): Promise<void> {
    const deadline = performance.now() + TIMEOUT_MS;
    while (!isOver() && !(await accepts(this.port))) {
      if (performance.now() > deadline)
        throw new Error(`${PROGRAM} does not accept connections: ${this.lastLogLine()}`);
      await sleep(POLL_MS);
    }
  }

  private get logFile(): string {
    return join(this.folder, 'redis.log');
  }

  private lastLogLine(): string {
    try {
      return readFileSync(this.logFile, 'utf8').trim().split('\n').at(-1) ?? '';
    } catch {
      return 'it has logged nothing';
    }
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
