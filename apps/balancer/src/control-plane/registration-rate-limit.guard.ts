// Limits how often one backend registers, without delaying the others. Registrations that are rejected later count too;
// a body that cannot be parsed does not get here.
import { createHash } from 'node:crypto';
import { problemSchema } from '@fairlead/contracts';
import { HttpException, Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { Request, Response } from 'express';
import { balancerConfig } from '../config/balancer.config.js';
import { callerAddressOf } from '../access/caller-address.js';
import { RateLimiter } from './rate-limiter.js';
import { monotonicSeconds } from '../clock/monotonic.js';

/** A key takes about 150 bytes, so callers that invent identities take at most 1.5 MB. */
const MAX_KEYS = 10_000;

/** Fields that identify a backend, in both protocols; the first one present counts. */
const IDENTITIES = ['id', 'url', 'port', 'Port'];

/** For the API documentation. */
export const TOO_MANY = {
  status: 429,
  standardSchema: problemSchema,
  description: 'More than REGISTRATIONS_PER_MINUTE from this address and identity; `Retry-After` says when to retry',
};

@Injectable()
export class RegistrationRateLimitGuard implements CanActivate {
  private readonly limiter: RateLimiter;

  constructor(@Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>) {
    this.limiter = new RateLimiter(config.REGISTRATIONS_PER_MINUTE, MAX_KEYS, monotonicSeconds);
  }

  canActivate(context: ExecutionContext): boolean {
    const { REGISTRATIONS_PER_MINUTE: allowed } = this.config;
    if (allowed === 0) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const waitSeconds = this.limiter.tryConsume(keyOf(callerAddressOf(request), identityIn(request.body)));
    if (waitSeconds === 0) return true;
    http.getResponse<Response>().setHeader('Retry-After', Math.ceil(waitSeconds));
    const limit = `at most ${allowed} registrations a minute are allowed from one address under one identity`;
    throw new HttpException(`${limit}: try again in ${Math.ceil(waitSeconds)} s`, 429);
  }
}

/** Hashed, so that all keys have the same size. */
function keyOf(address: string, identity: string): string {
  return createHash('sha256').update(`${address} ${identity}`).digest('base64');
}

/** The body is not validated yet; in the original protocol it is text. */
function identityIn(body: unknown): string {
  const fields = typeof body === 'string' ? tryParseJson(body) : body;
  if (typeof fields !== 'object' || fields === null) return '';
  const identities = IDENTITIES.map((name) => (fields as Record<string, unknown>)[name]);
  return JSON.stringify(identities.find((value) => value != null) ?? '');
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
