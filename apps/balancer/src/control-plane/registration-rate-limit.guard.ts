// A backend that registers in a loop is told to wait; whoever else registers is not. Bodies that are refused afterwards
// count as well: a loop of nonsense is a loop. Bodies that cannot even be read never come here.
import { createHash } from 'node:crypto';
import { problemSchema } from '@fairlead/contracts';
import { HttpException, Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { Request, Response } from 'express';
import { balancerConfig } from '../config/balancer.config.js';
import { callerAddressOf } from './caller-address.js';
import { RateLimiter } from './rate-limiter.js';
import { monotonicSeconds } from '../clock/monotonic.js';

/** A key is some 150 bytes; callers who invent identities cannot make them more. */
const MAX_KEYS = 10_000;

/** What a backend may announce itself by, in either protocol; the first that is there counts. */
const IDENTITIES = ['id', 'url', 'port', 'Port'];

/** For the API documentation. */
export const TOO_MANY = {
  status: 429,
  standardSchema: problemSchema,
  description: 'More than REGISTRATIONS_PER_MINUTE of this address and identity; `Retry-After` says when to try again',
};

@Injectable()
export class RegistrationRateLimitGuard implements CanActivate {
  private readonly limit: RateLimiter;

  constructor(@Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>) {
    this.limit = new RateLimiter(config.REGISTRATIONS_PER_MINUTE, MAX_KEYS, monotonicSeconds);
  }

  canActivate(context: ExecutionContext): boolean {
    const { REGISTRATIONS_PER_MINUTE: allowed } = this.config;
    if (allowed === 0) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const waitSeconds = this.limit.tryConsume(keyOf(callerAddressOf(request), identityIn(request.body)));
    if (waitSeconds === 0) return true;
    http.getResponse<Response>().setHeader('Retry-After', Math.ceil(waitSeconds));
    const most = `at most ${allowed} registrations a minute are allowed from one address under one identity`;
    throw new HttpException(`${most}: try again in ${Math.ceil(waitSeconds)} s`, 429);
  }
}

/** Hashed, so that a long identity takes no more room than a short one. */
function keyOf(address: string, identity: string): string {
  return createHash('sha256').update(`${address} ${identity}`).digest('base64');
}

/** The body is not validated yet, and a text in the original protocol. */
function identityIn(body: unknown): string {
  const fields = typeof body === 'string' ? tryParseJson(body) : body;
  if (typeof fields !== 'object' || fields === null) return '';
  const announced = IDENTITIES.map((name) => (fields as Record<string, unknown>)[name]);
  return JSON.stringify(announced.find((value) => value != null) ?? '');
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
