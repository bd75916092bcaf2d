// A client's connection that Node's HTTP server has released, for an upgrade.
import type { SharedBufferSocket } from './shared-read-buffer.js';

/** The connection, right after its last HTTP request. */
export interface ReleasedConnection {
  readonly client: SharedBufferSocket;
  /** What arrived after the last request. */
  readonly early: Buffer;
  /** The length of the last request. Bytes. */
  readonly requestBytes: number;
}
