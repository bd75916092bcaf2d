import { ConfigurationError } from '@fairlead/configuration';
import { describe, expect, it } from 'vitest';
import { loadBalancerConfig } from '../config/balancer.config.js';
import { checkOpenness } from './open-control-plane.js';

const check = (address: string, environment: Record<string, string> = {}) =>
  checkOpenness({ address, source: 'CONTROL_PLANE_HOST' }, loadBalancerConfig(environment));

describe('checkOpenness', () => {
  it.each(['127.0.0.1', '127.0.0.53', '::1', '::ffff:127.0.0.1'])('%s needs no token', (address) => {
    expect(check(address)).toBeUndefined();
  });

  it.each(['0.0.0.0', '::', '10.0.0.7', '::ffff:10.0.0.7', 'fe80::1'])('%s needs a token', (address) => {
    expect(() => check(address)).toThrow(ConfigurationError);
    expect(() => check(address)).toThrow(
      `CONTROL_PLANE_HOST lets other machines change the fleet (${address}): set CONTROL_PLANE_TOKEN`,
    );
    expect(check(address, { CONTROL_PLANE_TOKEN: 'a token of 16 characters' })).toBeUndefined();
  });

  it('ALLOW_OPEN_CONTROL_PLANE makes the error a warning', () => {
    expect(check('0.0.0.0', { ALLOW_OPEN_CONTROL_PLANE: 'true' })).toMatch(
      /^THE CONTROL PLANE IS OPEN: .* 0\.0\.0\.0 /,
    );
    expect(check('127.0.0.1', { ALLOW_OPEN_CONTROL_PLANE: 'true' })).toBeUndefined();
  });
});
