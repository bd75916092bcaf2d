import { describe, expect, it } from 'vitest';
import { escapeControls, escapeUnseen } from './printable.js';

const UNSEEN = [
  '\u007f',
  '\u0085',
  '\u009b',
  '\u00ad',
  '\u200b',
  '\u200e',
  '\u2028',
  '\u2029',
  '\u202e',
  '\u2066',
  '\ufeff',
];

describe('escapeUnseen', () => {
  it.each(UNSEEN)('escapes %j in JSON, which stays the same for a parser', (character) => {
    const value = { path: `/a${character}b` };
    const escaped = escapeUnseen(JSON.stringify(value));
    expect(escaped).toMatch(/^\{"path":"\/a\\u[0-9a-f]{4}b"\}$/);
    expect(JSON.parse(escaped)).toEqual(value);
  });

  it('leaves letters of all languages alone, and what is escaped already', () => {
    const text = JSON.stringify('äß日本語\u0301🙂\u0000\n\\u202e');
    expect(escapeUnseen(text)).toBe(text);
  });
});

describe('escapeControls', () => {
  it('escapes what moves the cursor or changes colours, but not tabs', () => {
    expect(escapeControls('a\u001b[31mb\rc\0d\te')).toBe('a\\u001b[31mb\\u000dc\\u0000d\te');
  });

  it('indents further lines', () => {
    expect(escapeControls('Error: x\n    at y\n[12:00:00] INFO: forged')).toBe(
      'Error: x\n        at y\n    [12:00:00] INFO: forged',
    );
  });
});
