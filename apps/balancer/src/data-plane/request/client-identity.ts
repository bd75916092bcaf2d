// Who the client of a request is: the peer of its connection, or whom trusted proxies in front of the balancer name.
import type { BlockList, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { subjectOf } from '@fairlead/tls';
import { LRUCache } from 'lru-cache';
import type { BalancerConfig } from '../../config/balancer.config.js';
import { isListed } from '../../net/address.js';
import { peerAddressOf } from '../io/peer-address.js';
import type { AddressWarnings } from './address-warnings.js';
import { clientInForwarded, clientInForwardedFor, type ForwardingTrust } from './forwarded-chain.js';

/** Addresses whose check is remembered: it takes a microsecond, and each connection needs it. */
const MAX_REMEMBERED = 10_000;

/** What there is a warning about. */
const NO_CLIENT_NAMED =
  'is in TRUSTED_PROXIES, but one of its requests names no client in X-Forwarded-For or Forwarded: the proxy counts as ' +
  'the client of such requests';

/** Addresses in blocks that do not change. */
export class AddressList {
  private readonly known = new LRUCache<string, boolean>({ max: MAX_REMEMBERED });

  constructor(private readonly blocks: BlockList) {}

  includes(address: string): boolean {
    let isIncluded = this.known.get(address);
    if (isIncluded === undefined) {
      isIncluded = isListed(this.blocks, address);
      this.known.set(address, isIncluded);
    }
    return isIncluded;
  }
}

/** The other side of a connection: the same for all its requests. */
export interface Peer {
  /** Its address, without a port. */
  readonly address: string;
  /** The version of TLS that it speaks, such as `TLSv1.3`; undefined without TLS. */
  readonly tlsVersion: string | undefined;
  /** The subject of its verified certificate, in the form of RFC 4514; undefined without one. */
  readonly certificateSubject: string | undefined;
  /** Whether it is a trusted proxy: its forwarding headers are believed. */
  readonly isProxy: boolean;
  /** Whether its demand headers and `Fairlead-Explain` are read. */
  readonly mayDeclare: boolean;
}

const PEER = Symbol('peer');

/** A socket that knows its peer. */
type PeerSocket = Socket & { [PEER]?: Peer };

export class ClientIdentity {
  private readonly proxies: AddressList;
  private readonly demandClients: AddressList;
  private readonly trust: ForwardingTrust;

  constructor(
    private readonly warnings: AddressWarnings,
    config: Pick<BalancerConfig, 'TRUSTED_PROXIES' | 'TRUSTED_HOPS' | 'DEMAND_CLIENTS'>,
  ) {
    this.proxies = new AddressList(config.TRUSTED_PROXIES);
    this.demandClients = new AddressList(config.DEMAND_CLIENTS);
    this.trust = { maxHops: config.TRUSTED_HOPS, isProxy: (address) => this.proxies.includes(address) };
  }

  /** The peer of a connection, the same object each time. */
  peerOf(socket: PeerSocket): Peer {
    return (socket[PEER] ??= this.identify(socket));
  }

  /** The address of the client of a request: of the peer, or whom it forwards for if it is a trusted proxy. */
  clientOf(peer: Peer, field: (name: string) => string | undefined): string {
    return peer.isProxy ? this.clientNamedBy(peer.address, field) : peer.address;
  }

  private identify(socket: Socket): Peer {
    const address = peerAddressOf(socket);
    const tls = socket instanceof TLSSocket ? socket : undefined;
    const certificate = tls?.authorized === true ? tls.getPeerX509Certificate() : undefined;
    return {
      address,
      tlsVersion: tls?.getProtocol() ?? undefined,
      certificateSubject: certificate && subjectOf(certificate),
      isProxy: this.proxies.includes(address),
      mayDeclare: this.demandClients.includes(address),
    };
  }

  private clientNamedBy(proxy: string, field: (name: string) => string | undefined): string {
    const list = field('x-forwarded-for');
    const client =
      list === undefined
        ? clientInForwarded(field('forwarded') ?? '', proxy, this.trust)
        : clientInForwardedFor(list, proxy, this.trust);
    if (client === undefined) this.warnings.warnOnce(proxy, 'no client named', NO_CLIENT_NAMED);
    return client ?? proxy;
  }
}
