// Requires CONTROL_PLANE_TOKEN, if it is set, on routes that change the fleet.
import { problemSchema } from '@fairlead/contracts';
import {
  Injectable,
  UseGuards,
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { ApiBearerAuth, ApiResponse } from '@nestjs/swagger';
import type { Request } from 'express';
import { ControlPlaneToken } from './control-plane-token.js';

@Injectable()
class TokenGuard implements CanActivate {
  constructor(private readonly token: ControlPlaneToken) {}

  canActivate(context: ExecutionContext): boolean {
    this.token.require(context.switchToHttp().getRequest<Request>());
    return true;
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
