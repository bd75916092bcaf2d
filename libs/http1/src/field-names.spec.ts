import { describe, expect, it } from 'vitest';
import { bytesOf } from './bytes.js';
import { FieldNames } from './field-names.js';
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
    const head = new RequestHead(names, { maxHeadBytes: 1000, maxFields: 10 });
    const text = 'GET / HTTP/1.1\r\nHost: h\r\nAccept: a\r\naccept: b\r\n\r\n';
    expect(head.frame(Buffer.from(bytesOf(text)), 0, text.length)).toBe(text.length);
    expect(head.fields.valueOf(names.numberOf('accept'))).toBe('a, b');
  });
});
