import { describe, expect, it } from 'vitest';
import { variablesOf } from './command-line.js';

describe('the command line', () => {
  it.each([
    [[], {}],
    [['--config', 'a.yaml'], { FAIRLEAD_CONFIG: 'a.yaml' }],
    [['--config=a.yaml'], { FAIRLEAD_CONFIG: 'a.yaml' }],
  ])('%j sets %j', (args, variables) => expect(variablesOf(args)).toEqual(variables));

  it.each([
    [['--port', '80'], "the only option is --config FILE: Unknown option '--port'"],
    [['a.yaml'], /^the only option is --config FILE: Unexpected argument 'a$/],
    [['--config'], /^the only option is --config FILE: Option '--config <value>' argument missing$/],
  ])('%j is an error', (args, message) => expect(() => variablesOf(args)).toThrow(message));
});
