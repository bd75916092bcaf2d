import { describe, expect, it } from 'vitest';
import { chaosOptions } from './options.js';

const KNOWN = [1, 2, 12];

describe('the flags of npm run test:chaos', () => {
  it('yield the short form of everything, without the others, when there are none', () => {
    expect(chaosOptions([], KNOWN)).toEqual({
      scenarios: undefined,
      isLong: false,
      soakMinutes: undefined,
      withPeers: false,
      ratePerSecond: undefined,
      variables: {},
      report: undefined,
      markdown: undefined,
    });
  });

  it('choose scenarios, and give variables to Fairlead', () => {
    const args = ['--scenario', '1,12', '--scenario', '2', '--set', 'MAX_ATTEMPTS=1', '--set', 'A=b=c'];
    expect(chaosOptions(args, KNOWN)).toMatchObject({
      scenarios: [1, 12, 2],
      variables: { MAX_ATTEMPTS: '1', A: 'b=c' },
    });
  });

  it('show nginx and HAProxy in the long form, unless told not to', () => {
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
  ])('say what is wrong: %j', (args, problem) => {
    expect(chaosOptions(args, KNOWN)).toEqual({ problem });
  });

  it('ask for help', () => {
    expect(chaosOptions(['--help'], KNOWN)).toBe('help');
  });
});
