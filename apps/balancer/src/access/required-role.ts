// The role that each route of the control plane requires, and the guard that checks it.
import { problemSchema } from '@fairlead/contracts';
import {
  Inject,
  Injectable,
  SetMetadata,
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ApiResponse, ApiSecurity } from '../api-description/decorators.js';
import { balancerConfig } from '../config/balancer.config.js';
import type { Role } from '../config/token-variables.js';
import { AccessControl } from './access-control.js';

/** What a route requires. */
interface Requirement {
  readonly role: Role;
  /** Whether the owner of the backend may use it too, with the role `register`: the route checks the owner. */
  readonly orOwner?: boolean;
  /** The variable that makes it a route for every caller. */
  readonly unless?: 'METRICS_WITHOUT_TOKEN';
}

const REQUIREMENT = 'required-role';
/** A route that says nothing requires the highest role. */
const STRICTEST: Requirement = { role: 'operate' };

/** Checks the role of every route. */
@Injectable()
export class RoleGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly access: AccessControl,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const places = [context.getHandler(), context.getClass()];
    const required = this.reflector.getAllAndOverride<Requirement | 'none' | undefined>(REQUIREMENT, places);
    if (required === 'none') return true;
    const { role, orOwner, unless } = required ?? STRICTEST;
    const request = context.switchToHttp().getRequest<Request>();
    if (unless !== undefined && this.config[unless]) this.access.admitWithoutToken(request, role);
    else this.access.admit(request, role, orOwner ? 'register' : role);
    return true;
  }
}

/** Requires a role on a route, or on all routes of a controller; documents it in the OpenAPI description. */
export function RequiredRole(role: Role, options: Omit<Requirement, 'role'> = {}) {
  return applyDecorators(SetMetadata(REQUIREMENT, { role, ...options }), DocumentedRole(role));
}

/** A route, or all routes of a controller, that every caller may use, or that has a guard of its own. */
export function NoRequiredRole() {
  return SetMetadata(REQUIREMENT, 'none');
}

/** Says in the OpenAPI description that a route requires a role (OpenAPI 3.1.0 §4.8.30: names of roles). */
export function DocumentedRole(role: Role) {
  return applyDecorators(
    ApiSecurity('bearer', [role]),
    ApiResponse({
      status: 401,
      standardSchema: problemSchema,
      description: 'Tokens are set, and the request does not carry a valid one',
    }),
    ApiResponse({
      status: 403,
      standardSchema: problemSchema,
      description: 'The token does not have the role, or is bound to other ids, pools or networks',
    }),
  );
}
