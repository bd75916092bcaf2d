// Knows the balancer's own addresses, so that no backend can be registered that would make it proxy to itself.
import { hostname, networkInterfaces } from 'node:os';
import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';

@Injectable()
export class SelfAddresses {
  private readonly ports = new Set<number>();

  /** A port that the balancer listens on. */
  addPort(port: number): void {
    this.ports.add(port);
  }

  /** Whether a URL leads to one of the balancer's ports on this machine. */
  includes(url: URL): boolean {
    const host = url.hostname.replace(/^\[|\]$|\.$/g, '').toLowerCase();
    return this.ports.has(Number(url.port || 80)) && isThisMachine(host);
  }
}

function isThisMachine(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost') || host === '0.0.0.0' || host === '::') return true;
  if (host === hostname().toLowerCase()) return true;
  if (host.startsWith('127.') || host === '::1') return true;
  const plain = host.startsWith('::ffff:') ? mappedIPv4(host) : host;
  if (plain.startsWith('127.') || plain === '0.0.0.0') return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === plain));
}

/** `::ffff:7f00:1`, as URL parsing writes an IPv4-mapped address, in dotted form. */
function mappedIPv4(host: string): string {
  const words = host.slice('::ffff:'.length).split(':');
  if (!isIPv6(host) || words.length !== 2) return host;
  const value = parseInt(words[0], 16) * 0x1_0000 + parseInt(words[1], 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
