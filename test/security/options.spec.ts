import { describe, expect, it } from 'vitest';
import { LANES } from './attack.js';
import { securityOptions } from './options.js';

const KNOWN = ['raw-bytes', 'slow', 'mutator'];

describe('the flags of npm run test:security', () => {
  it('the default is the short form of all attacks, with a seed of its own', () => {
    const options = { attacks: undefined, isLong: false, minutes: undefined, lanes: LANES, report: undefined };
    expect(securityOptions([], KNOWN)).toEqual({ ...options, seed: expect.any(Number) });
  });

  it('minutes are those of the mutator, which runs alone unless attacks are named', () => {
    expect(securityOptions(['--minutes', '10', '--seed', '5', '--lane', 'fast'], KNOWN)).toMatchObject({
      attacks: ['mutator'],
      minutes: 10,
      seed: 5,
      lanes: ['fast'],
    });
    expect(securityOptions(['--minutes', '1', '--attack', 'slow,mutator'], KNOWN)).toMatchObject({
      attacks: ['slow', 'mutator'],
    });
  });

  it.each([
    [['--attack', 'fast'], '--attack must be names out of raw-bytes, slow, mutator, got "fast"'],
    [['--lane', 'slow'], '--lane must be names out of fast, full, upgrade, got "slow"'],
    [['--minutes', '0'], '--minutes must be a number above 0 and below 10000, got "0"'],
    [['--seed', '4294967296'], '--seed must be a whole number from 0 to 4294967295, got "4294967296"'],
    [['--tenacious'], "Unknown option '--tenacious'"],
    [['10'], "Unexpected argument '10'"],
  ])('%j is refused with what is allowed', (args, problem) => {
    expect(securityOptions(args, KNOWN)).toEqual({ problem });
  });

  it('--help asks for help', () => {
    expect(securityOptions(['--help'], KNOWN)).toBe('help');
  });
});
