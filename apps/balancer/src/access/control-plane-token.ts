// Checks whether a request carries CONTROL_PLANE_TOKEN.
import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, UnauthorizedException } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { Request } from 'express';
import { monotonicSeconds } from '../clock/monotonic.js';
import { balancerConfig } from '../config/balancer.config.js';
import { callerNetworkOf } from '../net/address.js';
import { callerAddressOf } from './caller-address.js';
import { RateLimiter } from './rate-limiter.js';
import { TooManyRequestsException } from './too-many-requests.js';

/** Wrong tokens that an address may send in a minute; more get 429. */
const WRONG_TOKENS_PER_MINUTE = 10;
/** A key takes about 100 bytes. */
const MAX_KEYS = 10_000;

@Injectable()
export class ControlPlaneToken {
  /** By address. The right token is never refused, because another caller at the same address may have sent the wrong ones. */
  private readonly wrong = new RateLimiter(WRONG_TOKENS_PER_MINUTE, MAX_KEYS, monotonicSeconds);

  constructor(@Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>) {}

  /**
   * @throws {UnauthorizedException} when CONTROL_PLANE_TOKEN is set and the request does not carry it.
   * @throws {TooManyRequestsException} when its address has sent too many wrong ones.
   */
  require(request: Request): void {
    if (this.config.CONTROL_PLANE_TOKEN === undefined || this.isHeldBy(request)) return;
    const problem = request.headers.authorization === undefined ? 'missing token' : 'wrong token';
    throw new UnauthorizedException(`${problem}: send "Authorization: Bearer <CONTROL_PLANE_TOKEN>"`);
  }

  /**
   * Whether CONTROL_PLANE_TOKEN is set and the request carries it.
   *
   * @throws {TooManyRequestsException} when its address has sent too many wrong ones.
   */
  isHeldBy(request: Request): boolean {
    const { CONTROL_PLANE_TOKEN } = this.config;
    const { authorization } = request.headers;
    if (CONTROL_PLANE_TOKEN === undefined || authorization === undefined) return false;
    if (isSame(bearerTokenOf(authorization), CONTROL_PLANE_TOKEN)) return true;
    const waitSeconds = this.wrong.tryConsume(callerNetworkOf(callerAddressOf(request)));
    const limit = `at most ${WRONG_TOKENS_PER_MINUTE} wrong tokens a minute are allowed from one address`;
    if (waitSeconds > 0) throw new TooManyRequestsException(limit, waitSeconds);
    return false;
  }
}

/** The token of `Bearer` credentials, or `''`. The name of a scheme is case-insensitive (RFC 9110 §11.1). */
function bearerTokenOf(authorization: string): string {
  return /^bearer +([^ ].*)$/i.exec(authorization)?.[1] ?? '';
}

/** Compares digests, so that the time taken reveals nothing about either text. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
