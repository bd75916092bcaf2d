// When all is read that the system had of a connection. As long as reads fill the buffer, libuv reads on, up to 32 times in
// one go, and Node serves microtasks in between: what is done there would be overtaken by bytes that have long come.

/** Calls behind the reads of this turn, and of the next: in that one libuv goes on when 32 were not enough. */
export function afterPendingReads(call: () => void): void {
  setImmediate(() => setImmediate(call));
}
