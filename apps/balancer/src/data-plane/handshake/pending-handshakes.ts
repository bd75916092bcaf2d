// The handshakes in progress of a thread. Each has a deadline, and their number is limited.
import type { Socket } from 'node:net';
import { Deadline, type DeadlineClock } from '../io/deadline-clock.js';

/** The connections whose handshake is not complete. */
export class PendingHandshakes {
  /** In the order in which they began. */
  private readonly deadlines = new Map<Socket, Deadline>();

  /**
   * @param max how many handshakes may be in progress.
   * @param timeoutMs how long a handshake may take.
   * @param onFailure is called for each connection that closes before its handshake is complete.
   */
  constructor(
    private readonly max: number,
    private readonly timeoutMs: number,
    private readonly clock: DeadlineClock,
    private readonly onFailure: () => void,
  ) {}

  /** Adds a connection. If there are too many, the oldest is closed: a good client needs little time. */
  add(connection: Socket): void {
    if (this.deadlines.size >= this.max) this.evictOldest();
    const deadline = new Deadline(this.clock, () => connection.destroy());
    deadline.set(this.timeoutMs);
    this.deadlines.set(connection, deadline);
    connection.once('close', () => {
      if (this.remove(connection)) this.onFailure();
    });
  }

  /** Removes a connection, whose handshake is complete or was refused. Returns whether its handshake was in progress. */
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
