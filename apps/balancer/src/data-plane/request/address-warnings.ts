// Warnings about peers: one for each address and kind, over all threads, up to a limited number.
import { hash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';

/** The most warnings that are remembered; later ones are not logged. */
const CELLS = 128;
/** A cell that holds no warning. */
const FREE = 0;

/** What a warning can be about. */
export type WarningKind = 'no client named' | 'no PROXY header';

/** The hashes of the warnings that were logged, in memory that all threads share. */
@Injectable()
export class AddressWarnings {
  private readonly logger = new Logger('DataPlane');
  private readonly cells: Int32Array;

  /** @param buffer of another thread; a new one when absent. */
  constructor(readonly buffer = new SharedArrayBuffer(4 * CELLS)) {
    this.cells = new Int32Array(buffer);
  }

  /** Logs that an address does something, as in `10.0.0.1 sends no header`, unless a thread has already logged it. */
  warnOnce(address: string, kind: WarningKind, doing: string): void {
    if (this.isFirst(`${address} ${kind}`)) this.logger.warn(`${address} ${doing}`);
  }

  /** Records a warning. Returns false when it was recorded before, or when there is no room for it. */
  private isFirst(warning: string): boolean {
    // Two warnings whose hashes are equal count as one.
    const digest = hash('sha256', warning, 'buffer').readInt32LE() || 1;
    for (let probe = 0; probe < CELLS; probe++) {
      const found = Atomics.compareExchange(this.cells, (digest + probe) & (CELLS - 1), FREE, digest);
      if (found === FREE) return true;
      if (found === digest) return false;
    }
    return false;
  }
}
