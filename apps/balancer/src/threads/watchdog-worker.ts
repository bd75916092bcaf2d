// The watchdog: a thread that watches the main thread, and ends the process when the main thread hangs.
import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { LoadTable } from '@fairlead/scheduling';
import { writeLastWords } from './last-words.js';
import { startTicking, ThreadWatch } from './thread-watch.js';
import type { WatchdogData } from './watchdog.js';

/** Also the exit code of a process that SIGABRT ends. */
const EXIT_CODE = 134;

const { shape, buffer, stallSeconds } = workerData as WatchdogData;
const watch = new ThreadWatch(new LoadTable(shape, buffer).own.liveness, stallSeconds);

startTicking(() => {
  if (!watch.tick() || watch.state !== 'lost') return;
  writeLastWords(`balancer: the main thread has not responded for ${watch.silentSeconds} s: the process is ended`);
  endProcess();
});

function endProcess(): void {
  if (process.pid !== 1) {
    process.kill(process.pid, 'SIGABRT');
    return;
  }
  // Signals from inside a container do not end its first process. This interrupts what the main thread runs.
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.evaluate', { expression: `process.exit(${EXIT_CODE})` });
}
