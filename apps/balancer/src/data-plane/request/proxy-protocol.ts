// Receives the PROXY header of connections from trusted proxies, before a lane reads from them.
import type { Socket } from 'node:net';
import { LoadTable, type ThreadCounts } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { announcePeerAddress, peerAddressOf } from '../io/peer-address.js';
import { readBuffer, type SharedBufferSocket } from '../io/shared-read-buffer.js';
import { AddressWarnings } from './address-warnings.js';
import { AddressList } from './client-identity.js';
import { readProxyHeader, type ProxyHeader } from './proxy-header.js';

/** Takes over a connection, and the bytes of it that follow its header; undefined when there are none yet. */
type Deliver = (client: SharedBufferSocket, unread: Buffer | undefined) => void;

@Injectable()
export class ProxyProtocol {
  /** Whether there are headers to expect. */
  readonly isOn: boolean;
  private readonly proxies: AddressList;
  private readonly timeoutMs: number;
  private readonly counts: ThreadCounts;
  /** Connections whose header has not arrived yet. */
  private readonly waiting = new Set<Socket>();

  constructor(
    table: LoadTable,
    private readonly warnings: AddressWarnings,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.isOn = config.PROXY_PROTOCOL === 'on';
    this.proxies = new AddressList(config.TRUSTED_PROXIES);
    this.timeoutMs = config.CLIENT_HEADER_TIMEOUT_SECONDS * 1000;
    this.counts = table.own.counts;
  }

  /** Delivers a connection: one of a trusted proxy once its header is read, any other at once. */
  receive(client: SharedBufferSocket, deliver: Deliver): void {
    if (this.proxies.includes(peerAddressOf(client.socket))) this.await(client, deliver);
    else deliver(client, undefined);
  }

  /** Closes the connections whose header has not arrived. */
  closeWaiting(): void {
    for (const socket of this.waiting) socket.destroy();
  }

  private await(client: SharedBufferSocket, deliver: Deliver): void {
    const { socket } = client;
    let bytes: Buffer = Buffer.alloc(0);
    const stop = () => {
      clearTimeout(timeout);
      this.waiting.delete(socket);
      socket.off('end', onEnd).off('error', onError).off('close', stop);
    };
    const fail = (problem: string) => {
      this.refuse(socket, problem);
      stop();
    };
    const onEnd = () => {
      // A proxy that only checks whether the port is open sends nothing.
      if (bytes.length === 0) socket.destroy();
      else fail('the connection ends within its PROXY header');
    };
    const onError = () => socket.destroy();
    const timeout = setTimeout(() => fail(`no PROXY header is complete within ${this.timeoutMs} ms`), this.timeoutMs);
    this.waiting.add(socket);
    socket.on('end', onEnd).on('error', onError).on('close', stop);
    client.redirect((length) => {
      if (socket.destroyed) return;
      bytes = Buffer.concat([bytes, readBuffer.subarray(0, length)]);
      const outcome = readProxyHeader(bytes);
      if (outcome === 'incomplete') return;
      if ('problem' in outcome) {
        fail(outcome.problem);
        return;
      }
      stop();
      this.deliver(client, outcome, bytes, deliver);
    });
  }

  private deliver(client: SharedBufferSocket, header: ProxyHeader, bytes: Buffer, deliver: Deliver): void {
    if (header.source !== undefined) announcePeerAddress(client.socket, header.source);
    deliver(client, header.length < bytes.length ? bytes.subarray(header.length) : undefined);
  }

  private refuse(socket: Socket, problem: string): void {
    this.counts.proxyProtocolErrors++;
    this.warnings.warnOnce(
      peerAddressOf(socket),
      'no PROXY header',
      `is in TRUSTED_PROXIES, and a connection of it was closed, as others like it will be: ${problem}`,
    );
    socket.on('error', () => {});
    socket.destroy();
  }
}
