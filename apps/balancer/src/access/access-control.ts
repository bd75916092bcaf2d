// Who may use the control plane: finds the token of a request, and limits wrong ones.
import { ForbiddenException, Injectable, UnauthorizedException } from '@nestjs/common';
import type { Request } from 'express';
import { monotonicSeconds } from '../clock/monotonic.js';
import type { Role } from '../config/token-variables.js';
import { callerNetworkOf, isListed } from '../net/address.js';
import { AccessTokens } from './access-tokens.js';
import { Caller, setCaller } from './caller.js';
import { callerAddressOf } from './caller-address.js';
import { RateLimiter } from './rate-limiter.js';
import { TooManyRequestsException } from './too-many-requests.js';

/** Wrong tokens that an address may send in a minute; more get 429. */
const WRONG_TOKENS_PER_MINUTE = 10;
/** A key takes about 100 bytes. */
const MAX_KEYS = 10_000;

@Injectable()
export class AccessControl {
  /** By address. The right token is never refused, because another caller at the same address may have sent the wrong ones. */
  private readonly wrong = new RateLimiter(WRONG_TOKENS_PER_MINUTE, MAX_KEYS, monotonicSeconds);

  constructor(private readonly tokens: AccessTokens) {}

  /**
   * Admits a caller that has `role` or `alternative`; an error names `role`. Where no tokens are set, every caller has
   * every role.
   *
   * @throws {UnauthorizedException} when the request does not carry a token that is valid.
   * @throws {TooManyRequestsException} when its address has sent too many wrong ones.
   * @throws {ForbiddenException} when its token does not have the role, or may not be used at its address.
   */
  admit(request: Request, role: Role, alternative: Role = role): void {
    const caller = this.identify(request);
    // The audit names the token of a request that is refused for its role, too.
    setCaller(request, caller);
    if (!caller.has(alternative)) caller.requireRole(role);
  }

  /** Admits a caller that needs no token for this request. Where tokens are set, it has this role. */
  admitWithoutToken(request: Request, role: Role): void {
    setCaller(request, new Caller(request, this.tokens.areRequired ? role : 'operate'));
  }

  private identify(request: Request): Caller {
    if (!this.tokens.areRequired) return new Caller(request, 'operate');
    const { authorization } = request.headers;
    if (authorization === undefined) throw missingToken();
    const address = callerAddressOf(request);
    const token = this.tokens.find(bearerTokenOf(authorization));
    if (token === undefined) {
      this.limitWrongTokens(address);
      throw unauthorized('wrong token');
    }
    if (token.networks !== undefined && !isListed(token.networks.blocks, address)) {
      setCaller(request, new Caller(request, token.role, token));
      throw new ForbiddenException(
        `the token ${JSON.stringify(token.name)} is for callers in ${token.networks.text}, not for ${address}`,
      );
    }
    return new Caller(request, token.role, token);
  }

  private limitWrongTokens(address: string): void {
    const waitSeconds = this.wrong.tryConsume(callerNetworkOf(address));
    const limit = `at most ${WRONG_TOKENS_PER_MINUTE} wrong tokens a minute are allowed from one address`;
    if (waitSeconds > 0) throw new TooManyRequestsException(limit, waitSeconds);
  }
}

/** The error for a request without a token. */
export function missingToken(): UnauthorizedException {
  return unauthorized('missing token');
}

function unauthorized(problem: string): UnauthorizedException {
  return new UnauthorizedException(`${problem}: send the header "Authorization: Bearer <token>"`);
}

/** The token of `Bearer` credentials, or `''`. The name of a scheme is case-insensitive (RFC 9110 §11.1). */
function bearerTokenOf(authorization: string): string {
  return /^bearer +([^ ].*)$/i.exec(authorization)?.[1] ?? '';
}
