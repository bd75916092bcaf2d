// Does things to a thread of a process from outside, by the inspector that the process was started with.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inspector, type Isolate } from '../processes/inspector.js';
import { until, type AppProcess } from './processes.js';

/** Variables of a process whose threads can be reached. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/** Ends one of the threads with this code, as a crash would. Resolves when the process has logged it. */
export async function endThread(process: AppProcess, code: number): Promise<void> {
  const { inspector, thread } = await oneThread(process);
  // The thread ends before it responds.
  thread.call('Runtime.evaluate', { expression: `process.exit(${code})` }).catch(() => {});
  await process.logged(`exit code ${code}`);
  inspector.close();
}

/** A thread whose event loop stands still. */
export interface BlockedThread {
  /** Lets it go on, and resolves when it does. */
  release(): Promise<void>;
  /** Leaves it as it is: a process does not exit while an inspector is connected. */
  leave(): void;
}

/**
 * Blocks one of the threads, or the main one; it stands still when this resolves. `folder` is for the files that signal
 * its states. It stands still in a timer, so that what it reads first when it goes on is what came first.
 */
export async function blockThread(
  process: AppProcess,
  folder: string,
  which: 'worker' | 'main' = 'worker',
): Promise<BlockedThread> {
  const { inspector, thread } = await oneThread(process, which);
  const [begun, released, wentOn] = ['blocked', 'released', 'went-on'].map((name) => join(folder, name));
  await thread.call('Runtime.evaluate', {
    expression: `setTimeout(() => {
      const { existsSync, writeFileSync } = process.getBuiltinModule('node:fs');
      const cell = new Int32Array(new SharedArrayBuffer(4));
      writeFileSync(${JSON.stringify(begun)}, '');
      while (!existsSync(${JSON.stringify(released)})) Atomics.wait(cell, 0, 0, 5);
      writeFileSync(${JSON.stringify(wentOn)}, '');
    })`,
  });
  await until('the thread to stand still', () => existsSync(begun));
  return {
    release: async () => {
      writeFileSync(released, '');
      await until('the thread to go on', () => existsSync(wentOn));
      inspector.close();
    },
    leave: () => inspector.close(),
  };
}

/** Blocks one of the threads in a system call that never returns: it opens `pipe`, a named pipe, for reading. */
export async function blockInSystemCall(process: AppProcess, pipe: string): Promise<void> {
  const { thread } = await oneThread(process);
  const expression = `process.getBuiltinModule('node:fs').readFileSync(${JSON.stringify(pipe)})`;
  thread.call('Runtime.evaluate', { expression }).catch(() => {});
}

async function oneThread(
  process: AppProcess,
  which: 'worker' | 'main' = 'worker',
): Promise<{ readonly inspector: Inspector; readonly thread: Isolate }> {
  await until('the inspector to listen', () => process.stderr.includes('ws://'));
  // The last one: a process that it was started by may have an inspector too.
  const inspector = await Inspector.connect(process.stderr.match(/ws:\S+/g)?.at(-1) ?? '');
  const thread = which === 'main' ? inspector.main : inspector.threads[0];
  return { inspector, thread };
}
