import { describe, expect, it } from 'vitest';
import { bytesOf } from './bytes.js';
import { FieldNames } from './field-names.js';
import { RequestHead } from './request-head.js';
import { USUAL_NAMES } from './common-field-names.js';

const names = new FieldNames(['x-mine']);
const every = [...USUAL_NAMES, 'host', 'te', 'x-mine', 'transfer-encoding'];

/** Where `name` is seen to end in `text`, at a glance. */
function endAtAGlance(name: string, text: string, end = text.length): number {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return names.endOf(names.numberOf(name), new DataView(bytes.buffer), 2, end);
}

describe('a name told at a glance', () => {
  it.each(every)('is %s in any case, with a colon behind it', (name) => {
    for (const spelling of [name, name.toUpperCase(), name[0].toUpperCase() + name.slice(1)]) {
      expect(endAtAGlance(name, `..${spelling}: value`)).toBe(2 + name.length);
    }
  });

  it.each(every)('is not %s when any of its bytes is another', (name) => {
    const text = `..${name}:....`;
    for (let at = 2; at <= 2 + name.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const other = String.fromCharCode(byte);
        if (other.toLowerCase() === text[at]) continue;
        expect(endAtAGlance(name, text.slice(0, at) + other + text.slice(at + 1))).toBe(-1);
      }
    }
  });

  it.each(every)('is not %s behind the end of the bytes', (name) => {
    const text = `..${name}:....`;
    for (let end = 2; end <= 2 + name.length; end++) expect(endAtAGlance(name, text, end)).toBe(-1);
  });
});

describe('a usual name', () => {
  it('may stand there twice, and is joined as any list (RFC 9110 §5.3)', () => {
    const head = new RequestHead(names, { maxHeadBytes: 1000, maxFields: 10 });
    const text = 'GET / HTTP/1.1\r\nHost: h\r\nAccept: a\r\naccept: b\r\n\r\n';
    expect(head.frame(Buffer.from(bytesOf(text)), 0, text.length)).toBe(text.length);
    expect(head.fields.valueOf(names.numberOf('accept'))).toBe('a, b');
  });
});
