// Lets a client's connection in, or refuses it before any lane is entered.
import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { monotonicMs, sharedSecondsFromMs } from '../../clock/monotonic.js';
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

  /** Counts a connection of the client at `address` until it is closed. Refuses it and returns false when it is one too many. */
  admits(client: SharedBufferSocket, address: string): boolean {
    const refusal = this.count(client.socket, address);
    if (refusal) this.refuse(client, refusal);
    return !refusal;
  }

  /** The same before a handshake: a client over its limit is closed, since a handshake would cost too much for a refusal. */
  admitsHandshake(connection: Socket, address: string): boolean {
    const refusal = this.count(connection, address);
    if (refusal) connection.destroy();
    return !refusal;
  }

  private count(connection: Socket, address: string): LimitRefusal | undefined {
    const cell = this.limits.acquireConnection(address, sharedSecondsFromMs(monotonicMs()));
    if (typeof cell !== 'number') return cell;
    connection.once('close', () => this.limits.releaseConnection(cell));
    return undefined;
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
