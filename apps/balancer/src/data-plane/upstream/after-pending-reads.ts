// Waits until everything is read that the system had of a connection. While reads fill the buffer, libuv reads on, up to 32
// times in a row, and Node runs microtasks in between: what they do would be overtaken by bytes that have long arrived.

/** Calls after the reads of this turn of the event loop, and of the next, in which libuv goes on when 32 were not enough. */
export function afterPendingReads(call: () => void): void {
  setImmediate(() => setImmediate(call));
}
