// The caller of a request to the control plane, and what it may do.
import { BACKEND_SECRET_HEADER } from '@fairlead/contracts';
import { ForbiddenException } from '@nestjs/common';
import type { Request } from 'express';
import type { Role } from '../config/token-variables.js';
import type { Actor } from '../registry/event-log.js';
import type { Claimant } from '../registry/ownership.js';
import { matchesAny, includesRole, type AccessToken } from './access-token.js';
import { callerAddressOf } from './caller-address.js';

/** A caller that was let in. */
export class Caller {
  readonly address: string;

  constructor(
    private readonly request: Request,
    private readonly role: Role,
    /** Undefined: it needs none. */
    private readonly token?: AccessToken,
  ) {
    this.address = callerAddressOf(request);
  }

  /** The name of its token; undefined: it needs none. */
  get tokenName(): string | undefined {
    return this.token?.name;
  }

  /** Whether it may see what the network said: it would show a stranger which ports are open. */
  get seesDetails(): boolean {
    return this.token !== undefined && this.has('read');
  }

  /** Whether it has a role. */
  has(role: Role): boolean {
    return includesRole(this.role, role);
  }

  /** @throws {ForbiddenException} naming the role that it lacks. */
  requireRole(needed: Role): void {
    if (this.has(needed)) return;
    throw new ForbiddenException(requiresRole(needed, this.described, this.role));
  }

  /** @throws {ForbiddenException} when its token is bound to other ids. */
  requireId(id: string): void {
    const ids = this.token?.ids;
    if (ids === undefined || matchesAny(ids, id)) return;
    throw new ForbiddenException(`${this.described} is for the ids ${ids.join(', ')}, not for ${JSON.stringify(id)}`);
  }

  /** @throws {ForbiddenException} when its token is bound to other pools. */
  requirePool(pool: string): void {
    const pools = this.token?.pools;
    if (pools === undefined || pools.includes(pool)) return;
    const names = pools.join(', ');
    throw new ForbiddenException(`${this.described} is for the pools ${names}, not for ${JSON.stringify(pool)}`);
  }

  /** For the audit. */
  asActor(action: string): Actor {
    const { address: caller, tokenName: token } = this;
    return token === undefined ? { caller, action } : { caller, token, action };
  }

  /** What it says and proves of the backends that it wants to change. */
  asClaimant({ takesSecret } = { takesSecret: true }): Claimant {
    const sent = this.request.headers[BACKEND_SECRET_HEADER.toLowerCase()];
    const ids = this.token?.ids;
    return {
      address: this.address,
      secret: typeof sent === 'string' ? sent : undefined,
      isOperator: this.has('operate'),
      isBoundTo: (id) => ids !== undefined && matchesAny(ids, id),
      takesSecret,
    };
  }

  private get described(): string {
    return this.token === undefined ? 'a caller without a token' : `the token ${JSON.stringify(this.token.name)}`;
  }
}

/** The message for a caller that lacks a role. */
export function requiresRole(needed: Role, caller: string, has: Role): string {
  return `this needs the role ${needed}: ${caller} has the role ${has}`;
}

const callers = new WeakMap<Request, Caller>();

/** Remembers the caller of a request that was let in. */
export function setCaller(request: Request, caller: Caller): void {
  callers.set(request, caller);
}

/** The caller of a request; undefined if it was not let in. */
export function findCaller(request: Request): Caller | undefined {
  return callers.get(request);
}

/** The caller of a request that was let in. */
export function callerOf(request: Request): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error('the route has no role: see required-role.ts');
  return caller;
}
