// What the threads of the data plane share: tables with a row for each thread, which only that thread writes.
import type { LoadTable } from '@fairlead/scheduling';
import type { ClientTable } from '../data-plane/limits/client-table.js';
import type { ThreadData } from './messages.js';

/** The tables, in the main thread. */
export class SharedTables {
  constructor(
    readonly loads: LoadTable,
    private readonly clients: ClientTable,
  ) {}

  /** What a thread needs to use its rows. */
  dataOf(thread: number): ThreadData {
    const { loads, clients } = this;
    return { thread, shape: loads.shape, buffer: loads.buffer, clients: clients.buffer };
  }

  /** Clears what a thread held that has ended. */
  abandon(thread: number): void {
    this.loads.rows[thread].abandon();
    this.clients.rows[thread].abandon();
  }
}
