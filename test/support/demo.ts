// The demo of `npm start` as a process, on ports that are free.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Offsets to try, different ones in each worker of Vitest. All ports stay below those that the system gives to clients,
 * which any test may hold for a while.
 */
const OFFSETS = Array.from({ length: 50 }, (_, i) => 1000 + 400 * i + 200 * (Number(process.env.VITEST_POOL_ID) % 2));

/** Undefined for a process that has ended. */
function parentOf(pid: number): number | undefined {
  const stat = readProcess(pid, 'stat');
  return stat === '' ? undefined : Number(stat.split(') ')[1].split(' ')[1]);
}

function commandLineOf(pid: number): string {
  return readProcess(pid, 'cmdline').replaceAll('\0', ' ');
}

function readProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** A command `fairlead`, and where it is run. */
interface DemoCommand {
  readonly command: readonly string[];
  readonly cwd: string;
}

const BUILT: DemoCommand = { command: [process.execPath, 'dist/apps/cli/src/main.js'], cwd: ROOT };

/** A running demo. */
export class Demo {
  output = '';
  hasEnded = false;
  private readonly closed: Promise<unknown[]>;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly child: ChildProcess,
    /** What is added to each port that the documentation names. */
    readonly offset: number,
  ) {
    const wakeAll = () => this.waiting.forEach((wake) => wake());
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
        wakeAll();
      });
    }
    this.closed = once(child, 'close');
    child.once('close', () => {
      this.hasEnded = true;
      wakeAll();
    });
  }

  /** The process id; -1 when it could not be started. */
  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** Resolves with true once the output contains `text`, and with false when the demo ends without it. */
  async printed(text: string): Promise<boolean> {
    while (!this.output.includes(text) && !this.hasEnded) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.waiting.delete(wake);
          resolve();
        };
        this.waiting.add(wake);
      });
    }
    return this.output.includes(text);
  }

  /** The ids of its processes whose command line contains `text`. */
  processes(text: string): number[] {
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return all.map(Number).filter((pid) => parentOf(pid) === this.pid && commandLineOf(pid).includes(text));
  }

  /** Ends it as Ctrl-C does. Resolves with the exit code, and the signal that ended it if one did. */
  async stop(): Promise<unknown[]> {
    this.child.kill('SIGINT');
    return this.closed;
  }
}

/**
 * Starts the demo with these variables; all of its backends are up when this resolves. It is stopped when the test is
 * over.
 */
export async function startDemo(
  variables: Readonly<Record<string, string>> = {},
  { command: [program, ...first], cwd }: DemoCommand = BUILT,
  flags: readonly string[] = [],
): Promise<Demo> {
  for (const offset of OFFSETS) {
    const args = [...first, 'demo', '--port-offset', String(offset), ...flags];
    // The balancer would warn of variables that are for the tests.
    const ofTests = { FAIRLEAD_REQUIRE_PROGRAMS: undefined, FAIRLEAD_TEST_VARIABLES: undefined };
    const env = { ...process.env, ...ofTests, ...variables };
    const demo = new Demo(spawn(program, args, { cwd, env }), offset);
    onTestFinished(async () => void (await demo.stop()));
    if (await demo.printed(' is up')) return demo;
    if (!/is already in use|address already in use/.test(demo.output)) {
      throw new Error(`the demo did not start:\n${demo.output}`);
    }
  }
  throw new Error('no offset leaves all ports of the demo free');
}
