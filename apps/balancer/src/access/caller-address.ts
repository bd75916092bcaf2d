// The address that a request to the control plane came from.
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { plainAddress } from '../net/address.js';

/** Parameter decorator: the caller's IP address, that of an IPv4 caller in dotted form also on a dual-stack socket. */
export const CallerAddress = createParamDecorator((_: unknown, context: ExecutionContext): string =>
  callerAddressOf(context.switchToHttp().getRequest<Request>()),
);

/** The caller's address, as {@link CallerAddress}. */
export function callerAddressOf({ socket: { remoteAddress = '' } }: Request): string {
  return plainAddress(remoteAddress);
}
