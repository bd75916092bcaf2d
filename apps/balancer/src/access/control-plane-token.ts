// CONTROL_PLANE_TOKEN: whether a request carries it.
import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, UnauthorizedException } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { Request } from 'express';
import { balancerConfig } from '../config/balancer.config.js';

@Injectable()
export class ControlPlaneToken {
  constructor(@Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>) {}

  /** @throws {UnauthorizedException} when CONTROL_PLANE_TOKEN is set and the request does not carry it. */
  require({ headers: { authorization = '' } }: Request): void {
    const { CONTROL_PLANE_TOKEN } = this.config;
    if (CONTROL_PLANE_TOKEN === undefined || isSame(bearerTokenOf(authorization), CONTROL_PLANE_TOKEN)) return;
    throw new UnauthorizedException('missing or wrong token: send "Authorization: Bearer <CONTROL_PLANE_TOKEN>"');
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
