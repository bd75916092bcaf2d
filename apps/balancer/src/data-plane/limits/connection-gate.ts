// Lets a client's connection in, or refuses it before any lane is entered.
import { Injectable } from '@nestjs/common';
import { monotonicMs, sharedSeconds } from '../../clock/monotonic.js';
import { lastErrorText } from '../headers/error-response.js';
import { LingeringClose } from '../io/lingering-close.js';
import type { SharedBufferSocket } from '../io/shared-read-buffer.js';
import { ClientLimits } from './client-limits.js';
import type { LimitRefusal } from './limit-refusal.js';

/** Refused connections that are open at a time; more are closed without a response, which would take places of others. */
const MAX_REFUSED = 64;

@Injectable()
export class ConnectionGate {
  /** Refused connections that are still open. */
  private refused = 0;

  constructor(
    private readonly limits: ClientLimits,
    private readonly lingering: LingeringClose,
  ) {}

  /**
   * Counts a connection of the client at `address` until it is closed. Refuses it and returns false when it is one too many.
   *
   * @param canRead whether the client can read a response now. On the TLS port it cannot before its handshake, which would cost
   * too much for a refusal.
   */
  admits(client: SharedBufferSocket, address: string, canRead: boolean): boolean {
    const cell = this.limits.acquireConnection(address, sharedSeconds(monotonicMs()));
    if (typeof cell === 'number') {
      client.socket.once('close', () => this.limits.releaseConnection(cell));
      return true;
    }
    if (canRead) this.refuse(client, cell);
    else client.socket.destroy();
    return false;
  }

  private refuse(client: SharedBufferSocket, { message, fields }: LimitRefusal): void {
    if (this.refused >= MAX_REFUSED) {
      client.socket.destroy();
      return;
    }
    this.refused++;
    client.socket.once('close', () => this.refused--);
    this.lingering.endWith(client, lastErrorText(429, message, { fields }));
  }
}
