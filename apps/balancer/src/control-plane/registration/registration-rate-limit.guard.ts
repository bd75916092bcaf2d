// Limits how often a backend registers, and how many new ones an address registers, without delaying the others.
// Registrations that are rejected later count too; a body that cannot be parsed does not get here.
import { createHash } from 'node:crypto';
import { backendUrl, problemSchema } from '@fairlead/contracts';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { Request } from 'express';
import { monotonicSeconds } from '../../clock/monotonic.js';
import { balancerConfig } from '../../config/balancer.config.js';
import { callerNetworkOf } from '../../net/address.js';
import { callerUrl } from '../../registry/registration-normalizer.js';
import { RegistryService } from '../../registry/registry.service.js';
import { callerAddressOf } from '../../access/caller-address.js';
import { RateLimiter } from '../../access/rate-limiter.js';
import { TooManyRequestsException } from '../../access/too-many-requests.js';

/** A key takes about 150 bytes, so callers that invent identities take at most 1.5 MB for each limiter. */
const MAX_KEYS = 10_000;

/** For the API documentation. */
export const TOO_MANY = {
  status: 429,
  standardSchema: problemSchema,
  description:
    'More than REGISTRATIONS_PER_MINUTE from this address and identity, or NEW_BACKENDS_PER_MINUTE from this address: ' +
    '`Retry-After` says when to retry. Or MAX_BACKENDS_PER_ADDRESS or MAX_LABEL_BYTES_PER_ADDRESS is reached',
};

/** The backend that a body claims to be. */
interface Claim {
  readonly id: string | undefined;
  readonly url: string | undefined;
  readonly pool: string | undefined;
}

@Injectable()
export class RegistrationRateLimitGuard implements CanActivate {
  /** By address and backend: a known one is not delayed by new ones. */
  private readonly backends: RateLimiter;
  /** By address: registrations of unknown backends. */
  private readonly newcomers: RateLimiter;

  constructor(
    private readonly registry: RegistryService,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.backends = new RateLimiter(config.REGISTRATIONS_PER_MINUTE, MAX_KEYS, monotonicSeconds);
    this.newcomers = new RateLimiter(config.NEW_BACKENDS_PER_MINUTE, MAX_KEYS, monotonicSeconds);
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const callerAddress = callerAddressOf(request);
    const address = callerNetworkOf(callerAddress);
    const claim = claimOf(request.body, callerAddress);
    const known = this.registry.find(claim);
    const { NEW_BACKENDS_PER_MINUTE, REGISTRATIONS_PER_MINUTE } = this.config;
    if (!known) {
      const limit = `at most ${NEW_BACKENDS_PER_MINUTE} new backends a minute are allowed from one address`;
      requireAllowed(this.newcomers.tryConsume(address), limit);
    }
    // One that registers at the same address under ever other ids is one backend.
    const identity = (known?.id === claim.id ? claim.id : known?.url) ?? claim.id ?? claim.url ?? '';
    const limit = `at most ${REGISTRATIONS_PER_MINUTE} registrations a minute are allowed from one address under one identity`;
    requireAllowed(this.backends.tryConsume(keyOf(address, identity)), limit);
    return true;
  }
}

/** @throws {TooManyRequestsException} when the caller has to wait. */
function requireAllowed(waitSeconds: number, limit: string): void {
  if (waitSeconds > 0) throw new TooManyRequestsException(limit, waitSeconds);
}

/** Hashed, so that all keys have the same size. */
function keyOf(address: string, identity: string): string {
  return createHash('sha256').update(`${address} ${identity}`).digest('base64');
}

/** The body is not validated yet; in the original protocol it is text. */
function claimOf(body: unknown, callerAddress: string): Claim {
  const fields = typeof body === 'string' ? tryParseJson(body) : body;
  if (typeof fields !== 'object' || fields === null) return { id: undefined, url: undefined, pool: undefined };
  const { id, url, port, Port, pool = DEFAULT_POOL } = fields as Record<string, unknown>;
  const text = typeof url === 'string' ? url : callerUrl(callerAddress, Number(port ?? Port ?? 80));
  const parsed = URL.parse(text);
  return { id: textOf(id), url: parsed ? backendUrl(parsed) : undefined, pool: textOf(pool) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
