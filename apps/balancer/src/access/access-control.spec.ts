import { UnauthorizedException } from '@nestjs/common';
import type { Request } from 'express';
import { describe, expect, it } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { AccessControl } from './access-control.js';
import { AccessTokens } from './access-tokens.js';
import { TooManyRequestsException } from './too-many-requests.js';

const TOKEN = 'secret-of-16-or-more';

const accessWith = (environment: Record<string, string>) =>
  new AccessControl(new AccessTokens(loadBalancerConfig(environment)));

/** Whether a request with this `Authorization` is let through. */
function isAllowed(authorization: string | undefined, environment: Record<string, string>): boolean {
  const headers = authorization === undefined ? {} : { authorization };
  const request = { headers, socket: { remoteAddress: '10.0.0.9' } };
  try {
    accessWith(environment).admit(request as Request, 'operate');
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(UnauthorizedException);
    return false;
  }
}

describe('without CONTROL_PLANE_TOKEN', () => {
  it.each([undefined, '', 'Bearer anything', 'Basic YTpi'])('a request with %j is allowed', (authorization) => {
    expect(isAllowed(authorization, {})).toBe(true);
  });
});

describe('with CONTROL_PLANE_TOKEN', () => {
  const withToken = (authorization: string | undefined) => isAllowed(authorization, { CONTROL_PLANE_TOKEN: TOKEN });

  it('a request with the token is allowed', () => {
    expect(withToken(`Bearer ${TOKEN}`)).toBe(true);
  });

  it.each(['bearer', 'BEARER', 'Bearer  '])('the scheme may be spelled %j', (scheme) => {
    expect(withToken(`${scheme} ${TOKEN}`)).toBe(true);
  });

  it.each([
    ['no field', undefined],
    ['an empty field', ''],
    ['no token', 'Bearer '],
    ['the scheme alone', 'Bearer'],
    ['a wrong token of the same length', 'Bearer secret-of-16-or-mor3'],
    ['a token in other letters', `Bearer ${TOKEN.toUpperCase()}`],
    ['the beginning of the token', `Bearer ${TOKEN.slice(0, -1)}`],
    ['the end of the token', `Bearer ${TOKEN.slice(1)}`],
    ['more than the token', `Bearer ${TOKEN}x`],
    ['the token twice', `Bearer ${TOKEN}, Bearer ${TOKEN}`],
    ['a long token', `Bearer ${'x'.repeat(8000)}`],
    ['no scheme', TOKEN],
    ['another scheme', `Basic ${TOKEN}`],
    ['no blank after the scheme', `Bearer${TOKEN}`],
    ['another scheme before it', `Basic Bearer ${TOKEN}`],
  ])('a request with %s is refused', (_what, authorization) => {
    expect(withToken(authorization)).toBe(false);
  });
});

describe('wrong tokens', () => {
  const from = (remoteAddress: string, authorization?: string) =>
    ({ headers: authorization === undefined ? {} : { authorization }, socket: { remoteAddress } }) as Request;
  const wrong = 'Bearer wrong-secret-of-16-or-more';

  /** Sends ten wrong tokens. */
  function afterTenWrongOnes(address: string) {
    const access = accessWith({ CONTROL_PLANE_TOKEN: TOKEN });
    const ask = (request: Request) => access.admit(request, 'read');
    for (let n = 0; n < 10; n++) expect(() => ask(from(address, wrong))).toThrow(UnauthorizedException);
    return ask;
  }

  it('of one address get 429 after ten a minute', () => {
    const ask = afterTenWrongOnes('10.0.0.9');
    expect(() => ask(from('10.0.0.9', wrong))).toThrow(
      /^at most 10 wrong tokens a minute are allowed from one address: try again in \d s$/,
    );
    expect(() => ask(from('::ffff:10.0.0.9', wrong))).toThrow(TooManyRequestsException);
  });

  it('do not affect the right one, requests without one, or other addresses', () => {
    const ask = afterTenWrongOnes('10.0.0.9');
    ask(from('10.0.0.9', `Bearer ${TOKEN}`));
    expect(() => ask(from('10.0.0.9'))).toThrow(UnauthorizedException);
    expect(() => ask(from('10.0.0.10', wrong))).toThrow(UnauthorizedException);
  });

  it('of an IPv6 /64 are those of one address', () => {
    const ask = afterTenWrongOnes('2001:db8::1');
    expect(() => ask(from('2001:db8::2', wrong))).toThrow(TooManyRequestsException);
  });
});
