// The address a request to the control plane came from.
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { plainAddress } from '../net/address.js';

/** Parameter decorator: the caller's IP address, an IPv4 one in dotted form even on a dual-stack socket. */
export const CallerAddress = createParamDecorator((_: unknown, context: ExecutionContext): string =>
  callerAddressOf(context.switchToHttp().getRequest<Request>()),
);

/** The same, from the request. */
export function callerAddressOf({ socket: { remoteAddress = '' } }: Request): string {
  return plainAddress(remoteAddress);
}
