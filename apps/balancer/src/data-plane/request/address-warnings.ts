// Warnings about peers: one for each address, and not of ever more addresses.
import { Logger } from '@nestjs/common';

/** Addresses about which there is a warning. */
const MAX_WARNED = 100;

export class AddressWarnings {
  private readonly logger = new Logger('DataPlane');
  private readonly warned = new Set<string>();

  /** Logs that an address does something, as in `10.0.0.1 sends no header`, unless there was a warning about it. */
  warnOnce(address: string, doing: string): void {
    if (this.warned.has(address) || this.warned.size === MAX_WARNED) return;
    this.warned.add(address);
    this.logger.warn(`${address} ${doing}`);
  }
}
