// The address that a request to the control plane came from.
import type { Request } from 'express';
import { plainAddress } from '../net/address.js';

/** The caller's IP address, that of an IPv4 caller in dotted form also on a dual-stack socket. */
export function callerAddressOf({ socket: { remoteAddress = '' } }: Request): string {
  return plainAddress(remoteAddress);
}
