// Properties of response heads, compared with Node's parser.
import { assert, asyncProperty, constant, constantFrom, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FUZZ, canonicalResponse, corrupted } from './heads.fixture.js';
import { FieldNames } from './field-names.js';
import { ForwardingRule } from './forwarding-rule.js';
import { parseResponse } from './node-parser.fixture.js';
import { UNSUPPORTED } from './outcome.js';
import { ResponseHead } from './response-head.js';
import { copied, feed, splits } from './splits.fixture.js';

const names = new FieldNames(['via', 'server']);
const everything = new ForwardingRule(names, []);
const hopByHop = new ForwardingRule(names, ['connection', 'keep-alive']);
const limits = { maxHeadBytes: 1000, maxFields: 100 };
/** Longer bodies are not sent to Node's parser. */
const MAX_BODY_BYTES = 10_000;
/**
 * Whitespace with a tab after a transfer coding. RFC 9110 §5.5 excludes it from the value, but Node does not recognize such a
 * coding.
 */
const TAB_AFTER_CODING = /(?<=^transfer-encoding:.*)[ \t]*\t[ \t]*(?=\r\n)/gim;
const BODIES = { none: '', length: 'hello', chunked: '5\r\nhello\r\n0\r\n\r\n', close: 'hello' };

const responses = tuple(canonicalResponse, constantFrom('GET', 'HEAD')).chain(([{ before, head }, method]) =>
  corrupted(constant(before + head)).map((text) => ({ text, method })),
);

describe('an accepted response head', () => {
  it('is read in the same way by Node, with the same body', { timeout: 600_000 }, async () => {
    let acceptedCount = 0;
    const head = new ResponseHead(names, limits);
    await assert(
      asyncProperty(responses, async ({ text, method }) => {
        const read = readFinalHead(head, text, method);
        if (read.length <= 0 || head.contentLength > MAX_BODY_BYTES) return;
        const { length, interim } = read;
        acceptedCount++;
        const body = head.bodyEnd === 'length' ? 'b'.repeat(head.contentLength) : BODIES[head.bodyEnd];
        const received = text.slice(0, length).replaceAll(TAB_AFTER_CODING, '');
        const parsed = await parseResponse(latin1(received + body), method);
        if (typeof parsed === 'string') throw new Error(`${parsed}: ${JSON.stringify(text)}`);
        expect(parsed.statusCode).toBe(head.statusCode);
        expect(parsed.startLine).toBe(head.reasonPhrase);
        expect(parsed.httpVersion).toBe(`1.${head.minorVersion}`);
        expect(parsed.rawHeaders).toEqual(fieldsOf(head));
        expect(parsed.interim).toEqual(interim);
        expect(parsed.body).toBe(head.bodyEnd === 'chunked' ? 'hello' : body);
        // Node must also reuse what is reused here. The reverse need not hold: a body where none is allowed prevents
        // reuse here.
        if (head.isPersistent) expect(parsed.isPersistent, JSON.stringify(text)).toBe(true);
      }),
      { numRuns: 4000 * FUZZ },
    );
    expect(acceptedCount, 'accepted, of 4000').toBeGreaterThan(1000 * FUZZ);
  });
});

describe('a canonical response', () => {
  it('is accepted, and forwarded as received', () => {
    const head = new ResponseHead(names, limits);
    assert(
      property(canonicalResponse, ({ before, head: text, method }) => {
        expect(readFinalHead(head, before + text, method).length).toBe(before.length + text.length);
        const fields = fieldsOf(head);
        const dropped = new Set([...head.fields.connectionOptions(), 'connection', 'keep-alive']);
        const goesOn = (name: string) => !dropped.has(name.toLowerCase());
        const lines = fields.flatMap((name, i) =>
          i % 2 === 0 && goesOn(name) ? [`${name}: ${fields[i + 1]}\r\n`] : [],
        );
        expect(head.forwardedHead(hopByHop)).toBe(
          `HTTP/1.1 ${head.statusCode} ${head.reasonPhrase}\r\n${lines.join('')}`,
        );
      }),
      { numRuns: 2000 * FUZZ },
    );
  });
});

describe('the outcome for a response head', () => {
  it('does not depend on how its bytes were split', { timeout: 600_000 }, () => {
    const whole = new ResponseHead(names, limits);
    const pieces = new ResponseHead(names, limits);
    assert(
      property(responses, ({ text, method }) => {
        whole.reset();
        const expected = describeHead(whole, whole.frame(latin1(text), 0, text.length, method));
        for (const ends of splits(text.length)) {
          const outcome = feed((bytes, from, to) => pieces.frame(bytes, from, to, method), text, ends);
          if (describeHead(pieces, outcome) !== expected) expect(describeHead(pieces, outcome)).toBe(expected);
          pieces.reset();
        }
      }),
      { numRuns: 400 * FUZZ },
    );
  });
});

/** Reads heads up to the final one. The length is that of all of them. */
function readFinalHead(head: ResponseHead, text: string, method: string): { length: number; interim: number[] } {
  const interim: number[] = [];
  head.reset();
  for (let at = 0; ;) {
    const length = head.frame(latin1(text), at, text.length, method);
    if (length <= 0) return { length: UNSUPPORTED, interim };
    at += length;
    if (!head.isInterim) return { length: at, interim };
    interim.push(head.statusCode);
  }
}

function describeHead(head: ResponseHead, outcome: number): string {
  if (outcome <= 0) return String(outcome);
  const { statusCode, minorVersion, bodyEnd, contentLength, isPersistent, keepAliveSeconds } = head;
  const numbers = [outcome, statusCode, minorVersion, contentLength, keepAliveSeconds];
  const forwarded = head.forwardedHead(everything);
  expect(copied(forwarded.length, (out, at) => head.copyForwardedHead(everything, out, at))).toBe(forwarded);
  return JSON.stringify([numbers, bodyEnd, isPersistent, forwarded]);
}

function fieldsOf({ fields }: ResponseHead): string[] {
  return Array.from({ length: fields.count }, (_, i) => [fields.nameText(i), fields.valueText(i)]).flat();
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
