import { describe, expect, it } from 'vitest';
import { unknownVariables } from './unknown-variables.js';

const KNOWN = ['PLACEMENT_POLICY', 'PING_RISE', 'PING_FALL', 'SWAGGER', 'FAIRLEAD_CONFIG'];

const unknownIn = (...names: string[]) => unknownVariables(Object.fromEntries(names.map((name) => [name, '1'])), KNOWN);

describe('a variable that is not known', () => {
  it.each([
    ['PLACEMENT_POLICYY', 'PLACEMENT_POLICY'],
    ['PLACMENT_POLICY', 'PLACEMENT_POLICY'],
    ['PLACEMENT-POLICY', 'PLACEMENT_POLICY'],
    ['placement_policy', 'PLACEMENT_POLICY'],
    ['PING_RAISE', 'PING_RISE'],
    ['FAIRLEAD_CONFG', 'FAIRLEAD_CONFIG'],
  ])('is reported with the name that was meant: %s', (name, meant) => {
    expect(unknownIn(name)).toEqual([
      `${name} is not a variable of this process and has no effect: did you mean ${meant}?`,
    ]);
  });

  it('is reported without one when it begins with FAIRLEAD_', () => {
    expect(unknownIn('FAIRLEAD_LOGGING')).toEqual([
      'FAIRLEAD_LOGGING is not a variable of this process and has no effect',
    ]);
  });

  it.each(['PATH', 'PLACEMENT', 'PING', 'SWAGGERS', 'SWAGGR', 'PLACEMENT_POLICIES_1'])(
    'is left alone when it may be that of another program: %s',
    (name) => {
      expect(unknownIn(name)).toEqual([]);
    },
  );

  it('is told from those that are', () => {
    expect(unknownIn(...KNOWN)).toEqual([]);
  });
});
