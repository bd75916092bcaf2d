// Where a backend may be: checked when it registers, and on the address of every connection that is opened to it, so that
// a name that changes its address is noticed.
import { lookup as systemLookup } from 'node:dns';
import { Socket, connect, isIP, type BlockList, type LookupFunction, type TcpNetConnectOpts } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { blockListOf } from '@fairlead/configuration';
import { embeddedIPv4, isListed, plainAddress, withoutZone } from './address.js';
import { endpointOf } from './backend-endpoint.js';

/** Addresses that are never a backend's, whatever BACKEND_NETWORKS says. */
const NEVER_ALLOWED = (
  [
    ['unspecified', ['0.0.0.0/8', '::']],
    ['link-local', ['169.254.0.0/16', 'fe80::/10']],
    ['multicast', ['224.0.0.0/4', 'ff00::/8']],
    ['broadcast', ['255.255.255.255']],
    // Outside link-local: those of AWS, Google Cloud, Alibaba Cloud and Azure.
    ['cloud metadata', ['fd00:ec2::/32', 'fd20:ce::254', '100.100.100.200', '168.63.129.16']],
  ] as const
).map(([kind, blocks]) => ({ kind, blocks: blockListOf(blocks) }));

/** Without {@link BackendAccess.restrictTo}: nothing but this machine. */
const LOOPBACK = blockListOf(['127.0.0.0/8', '::1']);

/** A connection to an address where no backend may be. It has failed before anything was sent. */
export class ForbiddenAddressError extends Error {
  readonly code = 'EBACKENDADDRESS';
  /** Attempts treat it as a connection that was refused. */
  readonly syscall = 'connect';
}

/** Which addresses a thread connects to as backends. There is one in each thread: {@link backendAccess}. */
export class BackendAccess {
  private readonly ports = new Set<number>();
  private allowed: BlockList = LOOPBACK;

  /** The ports that this process listens on. */
  get ownPorts(): readonly number[] {
    return [...this.ports];
  }

  /** Allows the addresses of BACKEND_NETWORKS, and no others. */
  restrictTo(networks: BlockList): void {
    this.allowed = networks;
  }

  /** Adds a port that this process listens on: the balancer would proxy to itself there. */
  addOwnPort(port: number): void {
    this.ports.add(port);
  }

  /**
   * Why no backend may be at this address or host name, for people; undefined where one may be. Names are only checked for
   * leading to this process: {@link connect} checks what they resolve to.
   */
  refusalOf(host: string, port: number): string | undefined {
    const address = plainAddress(withoutZone(host.replace(/\.$/, '').toLowerCase()));
    if (this.ports.has(port) && isThisMachine(address)) return 'it is the balancer itself, and that would be a loop';
    if (isIP(address) === 0) return undefined;
    const embedded = embeddedIPv4(address);
    const forbidden = NEVER_ALLOWED.find(
      ({ blocks }) => isListed(blocks, address) || (embedded !== undefined && isListed(blocks, embedded)),
    );
    if (forbidden) return `${forbidden.kind} addresses are never allowed`;
    return isListed(this.allowed, address) ? undefined : 'its address is not in BACKEND_NETWORKS';
  }

  /** Like {@link refusalOf}, of an `http:` or `https:` URL. */
  refusalOfUrl(url: string): string | undefined {
    const { host, port } = endpointOf(new URL(url));
    return this.refusalOf(host, port);
  }

  /**
   * Opens a connection to a backend by `open`. It fails with a {@link ForbiddenAddressError} where no backend may be.
   */
  connect(options: TcpNetConnectOpts, open: (options: TcpNetConnectOpts) => Socket = connect): Socket {
    const { host = 'localhost', port } = options;
    if (isIP(host) === 0) return open({ ...options, lookup: this.lookupFor(port, options.lookup ?? systemLookup) });
    const refusal = this.refusalOf(host, port);
    if (refusal === undefined) return open(options);
    return new Socket(options).destroy(forbidden(host, port, refusal));
  }

  /** Resolves a name to those of its addresses where a backend may be. */
  private lookupFor(port: number, lookup: LookupFunction): LookupFunction {
    return (host, options, callback) => {
      lookup(host, { ...options, all: true }, (error, found) => {
        if (error) {
          callback(error, []);
          return;
        }
        const addresses = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found;
        const refusals = addresses.map(({ address }) => this.refusalOf(address, port));
        const usable = addresses.filter((_, i) => refusals[i] === undefined);
        if (usable.length === 0) callback(forbidden(host, port, refusals[0] ?? 'it has no address'), []);
        else if (options.all) callback(null, usable);
        else callback(null, usable[0].address, usable[0].family);
      });
    };
  }
}

/** This thread's: what the process listens on, and what its configuration allows, hold for all that connects. */
export const backendAccess = new BackendAccess();

function forbidden(host: string, port: number, refusal: string): ForbiddenAddressError {
  return new ForbiddenAddressError(`no backend may be at ${host}:${port}: ${refusal}`);
}

function isThisMachine(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost') || host === hostname().toLowerCase()) return true;
  if (host.startsWith('127.') || ['0.0.0.0', '::', '::1'].includes(host)) return true;
  return Object.values(networkInterfaces()).some((own) => own?.some(({ address }) => address === host));
}
