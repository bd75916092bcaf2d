// The main thread for tests of one thread.
import type { FromThread, MainThread } from './messages.js';

/** Keeps what is posted in `sent`; waits for the thread unless the test sets `hasStoppedWaiting`. */
export class RecordingMainThread implements MainThread {
  hasStoppedWaiting = false;

  constructor(
    readonly sent: FromThread[] = [],
    readonly catchUp: () => void = () => {},
  ) {}

  post(message: FromThread): void {
    this.sent.push(message);
  }
}
