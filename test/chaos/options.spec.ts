import { describe, expect, it } from 'vitest';
import { chaosOptions } from './options.js';

const KNOWN = [1, 2, 12];

describe('the flags of npm run test:chaos', () => {
  it('the default is the short form of all scenarios, without nginx and HAProxy', () => {
    expect(chaosOptions([], KNOWN)).toEqual({
      scenarios: undefined,
      isLong: false,
      soakMinutes: undefined,
      withPeers: false,
      isSecure: false,
      ratePerSecond: undefined,
      variables: {},
      report: undefined,
      markdown: undefined,
    });
  });

  it('scenarios can be chosen, and variables given to Fairlead', () => {
    const args = ['--scenario', '1,12', '--scenario', '2', '--set', 'MAX_ATTEMPTS=1', '--set', 'A=b=c'];
    expect(chaosOptions(args, KNOWN)).toMatchObject({
      scenarios: [1, 12, 2],
      variables: { MAX_ATTEMPTS: '1', A: 'b=c' },
    });
  });

  it('the long form includes nginx and HAProxy unless it is told not to', () => {
    expect(chaosOptions(['--long'], KNOWN)).toMatchObject({ isLong: true, withPeers: true });
    expect(chaosOptions(['--long', '--no-peers'], KNOWN)).toMatchObject({ withPeers: false });
    expect(chaosOptions(['--peers'], KNOWN)).toMatchObject({ isLong: false, withPeers: true });
  });

  it.each([
    [['--scenario', '3'], '--scenario must be numbers out of 1, 2, 12, got "3"'],
    [['--scenario', ''], '--scenario must be numbers out of 1, 2, 12, got ""'],
    [['--soak-minutes', 'long'], '--soak-minutes must be a number above 0 and below 10000, got "long"'],
    [['--rate', '0'], '--rate must be a number above 0 and below 10000, got "0"'],
    [['--set', 'max=1'], '--set must be a variable such as MAX_ATTEMPTS=1, got "max=1"'],
    [['--peer'], "Unknown option '--peer'"],
    [['1'], "Unexpected argument '1'"],
  ])('%j is refused with what is allowed', (args, problem) => {
    expect(chaosOptions(args, KNOWN)).toEqual({ problem });
  });

  it('--help asks for help', () => {
    expect(chaosOptions(['--help'], KNOWN)).toBe('help');
  });
});
