import { describe, expect, it } from 'vitest';
import { demandOf } from './demand.js';

describe('demandOf', () => {
  it('reads both headers; an absent one counts as 0', () => {
    expect(demandOf({ compute: '3', storage: ' 1.5 ' })).toEqual({ compute: 3, storage: 1.5 });
    expect(demandOf({})).toEqual({ compute: 0, storage: 0 });
  });

  it.each(['', 'abc', '-1', '1e3', '0x10', 'NaN', 'Infinity', '1, 2', '1000001'])('rejects %j', (text) => {
    expect(() => demandOf({ storage: text })).toThrow(
      `Storage must be a number from 0 to 1000000, got ${JSON.stringify(text)}`,
    );
  });
});
