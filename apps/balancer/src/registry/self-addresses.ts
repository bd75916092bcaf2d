// The balancer's own addresses: no backend may register there, since the balancer would proxy to itself.
import { hostname, networkInterfaces } from 'node:os';
import { Injectable } from '@nestjs/common';
import { bareHost, plainAddress } from '../net/address.js';

@Injectable()
export class SelfAddresses {
  private readonly ports = new Set<number>();

  /** Adds a port that the balancer listens on. */
  addPort(port: number): void {
    this.ports.add(port);
  }

  /** Whether a URL leads to one of the balancer's ports on this machine. */
  includes(url: URL): boolean {
    const host = bareHost(url.hostname).replace(/\.$/, '').toLowerCase();
    return this.ports.has(Number(url.port || 80)) && isThisMachine(host);
  }
}

function isThisMachine(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost') || host === hostname().toLowerCase()) return true;
  const address = plainAddress(host);
  if (address.startsWith('127.') || ['0.0.0.0', '::', '::1'].includes(address)) return true;
  return Object.values(networkInterfaces()).some((own) => own?.some((one) => one.address === address));
}
