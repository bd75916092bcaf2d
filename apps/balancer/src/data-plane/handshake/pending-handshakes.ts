// The handshakes in progress of a thread. Each has a deadline, and there is room for a limited number of them.
import type { Socket } from 'node:net';
import { Deadline, type DeadlineClock } from '../io/deadline-clock.js';

export class PendingHandshakes {
  /** In the order in which they began. */
  private readonly deadlines = new Map<Socket, Deadline>();

  /**
   * @param timeoutMs how long a handshake may take.
   * @param onFailure is called for each connection that closes before its handshake is complete.
   */
  constructor(
    private readonly max: number,
    private readonly timeoutMs: number,
    private readonly clock: DeadlineClock,
    private readonly onFailure: () => void,
  ) {}

  /** A connection begins. The oldest makes room for it: a good client needs little time, and a slow one has had more. */
  add(connection: Socket): void {
    if (this.deadlines.size >= this.max) this.evictOldest();
    const deadline = new Deadline(this.clock, () => connection.destroy());
    deadline.set(this.timeoutMs);
    this.deadlines.set(connection, deadline);
    connection.once('close', () => {
      if (this.remove(connection)) this.onFailure();
    });
  }

  /** A handshake is complete, or its connection is given up. Returns whether it was in progress. */
  remove(connection: Socket): boolean {
    this.deadlines.get(connection)?.clear();
    return this.deadlines.delete(connection);
  }

  /** Closes all connections whose handshake is not complete. */
  destroyAll(): void {
    for (const connection of this.deadlines.keys()) connection.destroy();
  }

  private evictOldest(): void {
    const [oldest] = this.deadlines.keys();
    if (this.remove(oldest)) this.onFailure();
    oldest.destroy();
  }
}
