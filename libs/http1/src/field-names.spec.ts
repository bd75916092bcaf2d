import { describe, expect, it } from 'vitest';
import { bytesOf } from './bytes.js';
import { FieldNames, UNDERSCORED } from './field-names.js';
import { ForwardingRule } from './forwarding-rule.js';
import { RequestHead } from './request-head.js';
import { COMMON_FIELD_NAMES } from './common-field-names.js';

const names = new FieldNames(['x-mine']);
const allNames = [...COMMON_FIELD_NAMES, 'host', 'te', 'x-mine', 'transfer-encoding'];

/** Returns where `name` ends in `text`, according to the word-wise comparison. */
function knownNameEnd(name: string, text: string, end = text.length): number {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return names.endOf(names.numberOf(name), new DataView(bytes.buffer), 2, end);
}

describe('the word-wise comparison of a name', () => {
  it.each(allNames)('recognises %s in any case, followed by a colon', (name) => {
    for (const spelling of [name, name.toUpperCase(), name[0].toUpperCase() + name.slice(1)]) {
      expect(knownNameEnd(name, `..${spelling}: value`)).toBe(2 + name.length);
    }
  });

  it.each(allNames)('rejects %s when any of its bytes differs', (name) => {
    const text = `..${name}:....`;
    for (let at = 2; at <= 2 + name.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const other = String.fromCharCode(byte);
        if (other.toLowerCase() === text[at]) continue;
        expect(knownNameEnd(name, text.slice(0, at) + other + text.slice(at + 1))).toBe(-1);
      }
    }
  });

  it.each(allNames)('rejects %s when it extends past the end of the bytes', (name) => {
    const text = `..${name}:....`;
    for (let end = 2; end <= 2 + name.length; end++) expect(knownNameEnd(name, text, end)).toBe(-1);
  });
});

describe('a common name', () => {
  it('may be repeated, and is joined as a list (RFC 9110 §5.3)', () => {
    const head = new RequestHead(names, { maxHeadBytes: 1000, maxTargetBytes: 1000, maxFields: 10 });
    const text = 'GET / HTTP/1.1\r\nHost: h\r\nAccept: a\r\naccept: b\r\n\r\n';
    expect(head.frame(Buffer.from(bytesOf(text)), 0, text.length)).toBe(text.length);
    expect(head.fields.valueOf(names.numberOf('accept'))).toBe('a, b');
  });
});

describe('a name that has no number of its own', () => {
  const withPrefix = new FieldNames(['x-mine'], ['x-mine-']);
  const rule = new ForwardingRule(withPrefix, ['x-mine', 'x-mine-', '_']);
  const head = new RequestHead(withPrefix, { maxHeadBytes: 1000, maxTargetBytes: 1000, maxFields: 20 });

  /** What is forwarded of a request with these lines, twice: the second time each name is at its remembered place. */
  function forwarded(...lines: string[]): string[] {
    const text = ['GET / HTTP/1.1', 'Host: h', ...lines, '', ''].join('\r\n');
    const seen = [1, 2].map(() => {
      const bytes = Buffer.from(text, 'latin1');
      expect(head.frame(bytes, 0, bytes.length)).toBe(bytes.length);
      return head.forwardedHead(rule);
    });
    expect(seen[1]).toBe(seen[0]);
    return seen[0].split('\r\n').slice(2, -1);
  }

  it('is in each set that has its prefix, as every known name with the prefix is', () => {
    const known = new FieldNames(['x-mine-known', 'x-other'], ['x-mine-']);
    const set = known.setOf(['X-Mine-']);
    expect(['x-mine-', 'x-mine-known', 'x-other'].map((name) => set[known.numberOf(name)])).toEqual([1, 1, 0]);
  });

  it('belongs to its prefix, in any case', () => {
    expect(forwarded('X-Mine-A: 1', 'x-mine-b: 2', 'X-MINE-: 3', 'X-Mine: 4', 'X-Min: 5', 'X-Miner: 6')).toEqual([
      'X-Min: 5',
      'X-Miner: 6',
    ]);
  });

  it('belongs to the names with "_" if it has one', () => {
    expect(forwarded('a_b: 1', '_: 2', 'X_Mine: 3', 'x-mine-_: 4', 'A-B: 5_6', 'Content_Length: 7', '__: 8')).toEqual([
      'A-B: 5_6',
    ]);
    expect(head.fields.placeOf(UNDERSCORED)).toBe(1);
  });

  it('does not shadow a name that was there before, or the other way round', () => {
    for (const name of ['X-Mine-A', 'X-Other', 'X_Mine_A', 'Accept', 'X-Mine-A', 'a_b']) {
      const isDropped = name.includes('_') || name.startsWith('X-Mine');
      expect(forwarded(`${name}: 1`)).toEqual(isDropped ? [] : [`${name}: 1`]);
    }
  });

  it('cannot be given with "_"', () => {
    expect(() => new FieldNames(['a_b'])).toThrow('a field name with "_" has no number of its own, got "a_b"');
  });
});
