// Who may use the original registration protocol: callers in ORIGINAL_PROTOCOL_NETWORKS, and those with a token.
import { Inject, Injectable, NotFoundException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { Request } from 'express';
import { balancerConfig } from '../config/balancer.config.js';
import { isListed } from '../net/address.js';
import { AccessControl } from './access-control.js';
import { callerAddressOf } from './caller-address.js';

@Injectable()
export class OriginalProtocolGuard implements CanActivate {
  constructor(
    private readonly access: AccessControl,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const { ORIGINAL_PROTOCOL_NETWORKS: networks } = this.config;
    if (networks.rules.length === 0) {
      throw new NotFoundException(
        'the original protocol is off (ORIGINAL_PROTOCOL_NETWORKS): use POST /api/v1/backends',
      );
    }
    const request = context.switchToHttp().getRequest<Request>();
    if (isListed(networks, callerAddressOf(request))) this.access.admitWithoutToken(request, 'register');
    else this.access.admit(request, 'register');
    return true;
  }
}
