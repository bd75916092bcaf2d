// Where the control plane of this balancer listens, as other machines and operators may reach it.
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { hostForUrl, plainAddress } from '../net/address.js';

@Injectable()
export class ControlAddress {
  constructor(private readonly adapter: HttpAdapterHost) {}

  /**
   * `host:port`, with the name of the machine where the control plane listens on all addresses. Empty until it listens.
   */
  get text(): string {
    const bound = this.adapter.httpAdapter.getHttpServer().address() as AddressInfo | null;
    return bound === null ? '' : addressText(bound);
  }
}

/** The address that others use for a socket that is bound to `bound`. */
export function addressText({ address, port }: Pick<AddressInfo, 'address' | 'port'>, machine = hostname()): string {
  const isWildcard = address === '::' || address === '0.0.0.0';
  return `${isWildcard ? machine : hostForUrl(plainAddress(address))}:${port}`;
}
