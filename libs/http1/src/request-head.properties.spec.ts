// Properties of request heads, compared with Node's parser.
import { assert, asyncProperty, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FUZZ, canonicalRequest, corrupted } from './heads.fixture.js';
import { FieldNames } from './field-names.js';
import { ForwardingRule } from './forwarding-rule.js';
import { parseRequests } from './node-parser.fixture.js';
import { RequestHead } from './request-head.js';
import { copied, feed, splits } from './splits.fixture.js';

const names = new FieldNames(['via', 'x-forwarded-for']);
const everything = new ForwardingRule(names, []);
const DROPPED = ['connection', 'keep-alive', 'via', 'x-forwarded-for', 'content-type'];
const rule = new ForwardingRule(names, DROPPED);
const limits = { maxHeadBytes: 1000, maxTargetBytes: 1000, maxFields: 100 };
const SENTINEL = 'GET /sentinel HTTP/1.1\r\nHost: s\r\n\r\n';
/** Longer bodies are not sent to Node's parser. */
const MAX_BODY_BYTES = 10_000;
const bodyOptions = { maxLength: 12 };

describe('an accepted request head', () => {
  it('is read in the same way by Node, with the same body', { timeout: 600_000 }, async () => {
    const head = new RequestHead(names, limits);
    const heads = corrupted(canonicalRequest.map(({ head: text }) => text));
    let acceptedCount = 0;
    await assert(
      asyncProperty(heads, string(bodyOptions), async (text, filler) => {
        const length = frame(head, text);
        if (length <= 0 || head.contentLength > MAX_BODY_BYTES) return;
        acceptedCount++;
        const body = filler.padEnd(head.contentLength, 'b').slice(0, Math.max(0, head.contentLength));
        await expectNodeAgrees(head, text.slice(0, length), body);
      }),
      { numRuns: 4000 * FUZZ },
    );
    expect(acceptedCount, 'accepted, of 4000').toBeGreaterThan(1000 * FUZZ);
  });

  it('is forwarded as Node would read it, without dropped fields', { timeout: 600_000 }, async () => {
    const head = new RequestHead(names, limits);
    await assert(
      asyncProperty(canonicalRequest, async ({ head: text }) => {
        expect(frame(head, text)).toBe(text.length);
        const kept = fieldsOf(head).filter((_, i, all) => !isDropped(all[i - (i % 2)]));
        const forwarded = head.forwardedHead(rule);
        expect(forwarded).toBe(
          `${head.method} ${head.target} HTTP/1.1\r\n${pairs(kept)
            .map(([name, value]) => `${name}: ${value}\r\n`)
            .join('')}`,
        );
        const { requests } = await parseRequests(latin1(`${forwarded}\r\n${'b'.repeat(100)}`), 1);
        expect(requests[0].rawHeaders).toEqual(kept);
      }),
      { numRuns: 500 * FUZZ },
    );
  });
});

describe('a canonical request', () => {
  it('is accepted', () => {
    const head = new RequestHead(names, limits);
    assert(
      property(canonicalRequest, ({ head: text, body }) => {
        expect(frame(head, text + body)).toBe(text.length);
        expect(Math.max(0, head.contentLength)).toBe(body.length);
      }),
      { numRuns: 2000 * FUZZ },
    );
  });
});

describe('the outcome for a head', () => {
  it('does not depend on how its bytes were split', { timeout: 600_000 }, () => {
    const whole = new RequestHead(names, limits);
    const pieces = new RequestHead(names, limits);
    const heads = corrupted(canonicalRequest.map(({ head, body }) => head + body));
    assert(
      property(heads, (text) => {
        const expected = describeHead(whole, frame(whole, text));
        for (const ends of splits(text.length)) {
          const outcome = feed((bytes, from, to) => pieces.frame(bytes, from, to), text, ends);
          if (describeHead(pieces, outcome) !== expected) expect(describeHead(pieces, outcome)).toBe(expected);
          pieces.reset();
        }
        whole.reset();
      }),
      { numRuns: 400 * FUZZ },
    );
  });
});

async function expectNodeAgrees(head: RequestHead, text: string, body: string): Promise<void> {
  const sentinel = head.wantsClose ? '' : SENTINEL;
  const { requests, error } = await parseRequests(latin1(text + body + sentinel), head.wantsClose ? 1 : 2);
  expect(error, JSON.stringify(text)).toBeUndefined();
  const [request, next] = requests;
  expect(request.startLine).toBe(`${head.method} ${head.target}`);
  expect(request.rawHeaders).toEqual(fieldsOf(head));
  expect(request.body).toBe(body);
  expect(next?.startLine).toBe(head.wantsClose ? undefined : 'GET /sentinel');
}

function frame(head: RequestHead, text: string): number {
  head.reset();
  return head.frame(latin1(text), 0, text.length);
}

function describeHead(head: RequestHead, outcome: number): string {
  if (outcome <= 0) return String(outcome);
  const { method, target, contentLength, wantsClose } = head;
  const forwarded = head.forwardedHead(everything);
  expect(copied(forwarded.length, (out, at) => head.copyForwardedHead(everything, out, at))).toBe(forwarded);
  return JSON.stringify([outcome, method, target, contentLength, wantsClose, forwarded]);
}

function fieldsOf({ fields }: RequestHead): string[] {
  return Array.from({ length: fields.count }, (_, i) => [fields.nameText(i), fields.valueText(i)]).flat();
}

function pairs(list: readonly string[]): string[][] {
  return Array.from({ length: list.length / 2 }, (_, i) => list.slice(i * 2, i * 2 + 2));
}

function isDropped(name: string): boolean {
  return DROPPED.includes(name.toLowerCase());
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
