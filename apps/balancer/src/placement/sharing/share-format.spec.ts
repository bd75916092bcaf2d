// Shares as text: compact, and read only where they make sense.
import { MAX_ADOPTED_ENTRY, MIN_ADOPTED_ENTRY, type Share } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { MAX_SHARE_LENGTH } from '../../registry/store/shares.js';
import { UnusableShareError, decodeShare, encodeShare } from './share-format.js';

const SHARE: Share = {
  balancer: 'a',
  rank: 2,
  classes: new Map([
    ['GET /users/{}', { samples: 120.123, values: [0.0123456, 7] }],
    ['__proto__', { samples: 1, values: [1e-9, 2] }],
  ]),
  machines: new Map([['http://10.0.0.1:80/é', { samples: 3, values: [123_456.7, 1] }]]),
};

const valid = { format: 1, rank: 1, classes: [['GET /', 5, 1]], machines: [['m', 5, 1]] };

describe('a share', () => {
  it('is read as it was written, rounded to four digits', () => {
    const text = encodeShare(SHARE)!;
    expect(text).toContain('["GET /users/{}",120.1,0.01235,7]');
    expect(decodeShare('b', text)).toEqual({
      balancer: 'b',
      rank: 2,
      classes: new Map([
        ['GET /users/{}', { samples: 120.1, values: [0.01235, 7] }],
        ['__proto__', { samples: 1, values: [1e-9, 2] }],
      ]),
      machines: new Map([['http://10.0.0.1:80/é', { samples: 3, values: [123_500, 1] }]]),
    });
  });

  it('leaves out names that are too long to be read', () => {
    const entry = { samples: 1, values: [1, 1] };
    const classes = new Map([
      ['x'.repeat(2_049), entry],
      ['short', entry],
    ]);
    expect([...decodeShare('a', encodeShare({ ...SHARE, classes })!).classes.keys()]).toEqual(['short']);
  });

  it('leaves out the last machines where it would be too long to be read, and is none where the classes are too many', () => {
    const entries = (count: number) =>
      new Map(Array.from({ length: count }, (_, i) => [`${i}${'x'.repeat(1_000)}`, { samples: 1, values: [1, 1] }]));
    const text = encodeShare({ ...SHARE, machines: entries(3_000) })!;
    expect(text.length).toBeLessThanOrEqual(MAX_SHARE_LENGTH);
    const { classes, machines } = decodeShare('a', text);
    expect(classes.size).toBe(2);
    expect(machines.size).toBe(750);
    expect(machines.keys().next().value).toMatch(/^0x/);
    expect(encodeShare({ ...SHARE, classes: entries(3_000) })).toBeUndefined();
  });

  it.each<[string, string, string]>([
    ['is empty', '', `it is empty, or longer than ${MAX_SHARE_LENGTH} characters`],
    ['is no JSON', '{', 'it is no JSON'],
    ['is no object', '7', 'expected object'],
    ['has another format', JSON.stringify({ ...valid, format: 2 }), 'format'],
    ['has no rank', JSON.stringify({ ...valid, rank: 0 }), 'rank'],
    ['has a rank that no balancer has', JSON.stringify({ ...valid, rank: 9 }), 'rank'],
    ['lacks a value', JSON.stringify({ ...valid, rank: 2 }), 'a value for each of the latent resources'],
    ['has a value too many', JSON.stringify({ ...valid, machines: [['m', 5, 1, 1]] }), 'a value for each'],
    ['has no samples', JSON.stringify({ ...valid, classes: [['c', 0, 1]] }), 'classes'],
    ['claims too many samples', JSON.stringify({ ...valid, classes: [['c', 1e7, 1]] }), 'classes'],
    ['has an infinite value', '{"format":1,"rank":1,"classes":[["c",1,1e999]],"machines":[]}', 'classes'],
    ['has a negative value', JSON.stringify({ ...valid, classes: [['c', 1, -1]] }), 'classes'],
    [
      'has a value that is too small',
      JSON.stringify({ ...valid, classes: [['c', 1, MIN_ADOPTED_ENTRY / 2]] }),
      'classes',
    ],
    [
      'has a value that is too large',
      JSON.stringify({ ...valid, classes: [['c', 1, 2 * MAX_ADOPTED_ENTRY]] }),
      'classes',
    ],
    ['has a class without a name', JSON.stringify({ ...valid, classes: [['', 1, 1]] }), 'classes'],
    ['has text for a value', JSON.stringify({ ...valid, classes: [['c', 1, '1']] }), 'classes'],
  ])('that %s is not read, and it says why', (_, text, reason) => {
    expect(() => decodeShare('a', text)).toThrow(UnusableShareError);
    expect(() => decodeShare('a', text)).toThrow(reason);
  });
});
