// Requires CONTROL_PLANE_TOKEN, if it is set, on routes that change the fleet.
import { createHash, timingSafeEqual } from 'node:crypto';
import { problemSchema } from '@fairlead/contracts';
import {
  Inject,
  Injectable,
  UnauthorizedException,
  UseGuards,
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { ApiBearerAuth, ApiResponse } from '@nestjs/swagger';
import type { Request } from 'express';
import { balancerConfig } from '../config/balancer.config.js';

@Injectable()
export class TokenGuard implements CanActivate {
  constructor(@Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>) {}

  canActivate(context: ExecutionContext): boolean {
    const { CONTROL_PLANE_TOKEN } = this.config;
    if (CONTROL_PLANE_TOKEN === undefined) return true;
    const { authorization = '' } = context.switchToHttp().getRequest<Request>().headers;
    if (isSame(bearerTokenOf(authorization), CONTROL_PLANE_TOKEN)) return true;
    throw new UnauthorizedException('missing or wrong token: send "Authorization: Bearer <CONTROL_PLANE_TOKEN>"');
  }
}

/** Requires the token on a route, then applies `further` guards; documents both in the OpenAPI description. */
export function TokenRequired(...further: Type<CanActivate>[]): MethodDecorator {
  return applyDecorators(
    UseGuards(TokenGuard, ...further),
    ApiBearerAuth(),
    ApiResponse({
      status: 401,
      standardSchema: problemSchema,
      description: 'CONTROL_PLANE_TOKEN is set, and the request does not carry it',
    }),
  );
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
