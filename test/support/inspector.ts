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
}

/** Blocks one of the threads; it stands still when this resolves. `folder` is for the files that signal both states. */
export async function blockThread(process: AppProcess, folder: string): Promise<BlockedThread> {
  const { inspector, thread } = await oneThread(process);
  const [begun, released] = [join(folder, 'blocked'), join(folder, 'released')];
  const wentOn = thread.call('Runtime.evaluate', {
    expression: `{
      const { existsSync, writeFileSync } = process.getBuiltinModule('node:fs');
      const cell = new Int32Array(new SharedArrayBuffer(4));
      writeFileSync(${JSON.stringify(begun)}, '');
      while (!existsSync(${JSON.stringify(released)})) Atomics.wait(cell, 0, 0, 5);
    }`,
  });
  await until('the thread to stand still', () => existsSync(begun));
  return {
    release: async () => {
      writeFileSync(released, '');
      await wentOn;
      inspector.close();
    },
  };
}

async function oneThread(process: AppProcess): Promise<{ readonly inspector: Inspector; readonly thread: Isolate }> {
  await until('the inspector to listen', () => process.stderr.includes('ws://'));
  // The last one: a process that it was started by may have an inspector too.
  const inspector = await Inspector.connect(process.stderr.match(/ws:\S+/g)?.at(-1) ?? '');
  const [thread] = inspector.threads;
  return { inspector, thread };
}
