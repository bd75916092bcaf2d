// Chunked bodies: what is rejected, and that Node's parser agrees on the rest.
import { array, assert, asyncProperty, constantFrom, nat, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FUZZ, corrupted } from './heads.fixture.js';
import { ChunkScanner } from './chunk-scanner.js';
import { FieldNames } from './field-names.js';
import { parseResponse } from './node-parser.fixture.js';
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';
import { Trailers } from './trailers.js';

const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('a chunked body', () => {
  it.each([
    ['5\r\nhello\r\n0\r\n\r\n', 'two chunks'],
    ['0\r\n\r\n', 'nothing'],
    ['0005\r\nhello\r\n000\r\n\r\n', 'leading zeros'],
    ['a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n', 'hexadecimal sizes in either case'],
    ['2\r\n\r\n\r\n0\r\n\r\n', 'line ends as data'],
  ])('%j is complete: %s', (body) => {
    const scanned = scan(body);
    expect(scanned).toEqual({ outcome: body.length, passed: body, trailersAt: -1 });
    expect(scan(`${body}HTTP/1.1 200 OK`)).toEqual(scanned);
  });

  it.each([
    ['\r\n', 'no size'],
    ['g\r\n', 'no digit'],
    ['-1\r\n', 'a sign'],
    ['+1\r\n', 'a sign'],
    ['0x5\r\n', 'a prefix'],
    [' 5\r\n', 'a blank before the size'],
    ['5 \r\nhello', 'a blank after the size'],
    ['5\nhello', 'a bare LF'],
    ['5\rhello', 'a bare CR'],
    ['5\r\r\nhello', 'two CR'],
    ['5\r\nhello0\r\n', 'no line end after the data'],
    ['5\r\nhello\n0\r\n', 'a bare LF after the data'],
    ['5\r\nhello!\r\n0\r\n', 'more data than announced'],
    ['5\r\nhello\r\r\n', 'two CR after the data'],
    ['00000000000000005\r\nhello', 'more than sixteen digits'],
    ['ffffffff0\r\n', '4 GiB and more'],
    ['0000000100000000\r\n', '4 GiB'],
    ['0\r\n\rx', 'no LF at the end'],
    ['5;\r\nhello', 'an extension without a name'],
    ['5;a=\r\nhello', 'an extension without its value'],
    ['5;a="b\r\nhello', 'a quoted value that does not end'],
    ['5;a="b\\\r\nhello', 'an escaped line end'],
    ['5;a="b"c\r\nhello', 'text after a quoted value'],
    ['5;"a"\r\nhello', 'a quoted name'],
    ['5; a\r\nhello', 'a blank in an extension'],
    ['5;a\nhello', 'a bare LF after an extension'],
    ['5;a=b=c\r\nhello', 'two values'],
    [`5;${'a'.repeat(1100)}\r\nhello`, 'a long extension'],
  ])('%j is unsupported: %s', (body) => {
    expect(scan(body).outcome).toBe(UNSUPPORTED);
  });

  it.each([
    ['5;a\r\nhello\r\n0;b=c;d\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['5;a=1;b\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['5;a="b; \\"c";d=""\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n'],
  ])('%j is forwarded without its extensions', (body, passed) => {
    expect(scan(body)).toEqual({ outcome: body.length, passed, trailersAt: -1 });
  });

  it('may have chunks of up to 4 GiB', () => {
    const scanner = new ChunkScanner();
    const size = Buffer.from('ffffffff\r\n');
    expect(scanner.scan(size, 0, size.length)).toBe(size.length);
    const piece = Buffer.alloc(2 ** 20);
    for (let sent = piece.length; sent < 2 ** 32; sent += piece.length) {
      expect(scanner.scan(piece, 0, piece.length)).toBe(piece.length);
    }
    const rest = Buffer.from(`${'x'.repeat(2 ** 20 - 1)}\r\n0\r\n\r\n`);
    expect(scanner.scan(rest, 0, rest.length)).toBe(rest.length);
    expect(scanner.isComplete).toBe(true);
  });

  it('starts from the beginning after a reset', () => {
    const scanner = new ChunkScanner();
    scanner.scan(Buffer.from('5\r\nhe'), 0, 5);
    scanner.reset();
    scanner.scan(Buffer.from('0\r\n\r\n'), 0, 5);
    expect(scanner.isComplete).toBe(true);
  });
});

describe('trailers', () => {
  it('end the scan where they start', () => {
    const body = '1\r\nx\r\n0\r\nDigest: abc\r\nVia: me\r\n\r\n';
    expect(scan(body)).toEqual({ outcome: 9, passed: '1\r\nx\r\n0\r\n', trailersAt: 9 });
    const trailers = new Trailers(new FieldNames(), { maxHeadBytes: 100, maxFields: 9 });
    const bytes = Buffer.from(body);
    expect(trailers.frame(bytes, 9, bytes.length - 1)).toBe(INCOMPLETE);
    expect(trailers.frame(bytes, 9, bytes.length)).toBe(bytes.length - 9);
    expect(trailers.fields.nameText(0)).toBe('Digest');
    expect(trailers.fields.valueText(1)).toBe('me');
  });

  it.each([
    'a: b\n\n',
    ' a: b\r\n\r\n',
    'a : b\r\n\r\n',
    'a: \0\r\n\r\n',
    'content-length: 5\r\n\r\n',
    'x'.repeat(100),
  ])('%j is unsupported', (text) => {
    const trailers = new Trailers(new FieldNames(), { maxHeadBytes: 100, maxFields: 9 });
    expect(trailers.frame(Buffer.from(text), 0, text.length)).toBe(UNSUPPORTED);
  });
});

const chunk = tuple(
  string({ minLength: 1, maxLength: 20 }),
  constantFrom('', '', ';a', ';a=b;c', ';a="b"'),
  nat(2),
).map(([data, extension, zeros]) => {
  const bytes = Buffer.from(data).toString('latin1');
  return `${'0'.repeat(zeros)}${bytes.length.toString(16)}${extension}\r\n${bytes}\r\n`;
});
const ending = constantFrom('0\r\n\r\n', '00;x\r\n\r\n', '0\r\nA: b\r\nVia: c\r\n\r\n');
const bodies = tuple(array(chunk, { maxLength: 4 }), ending).map(([chunks, end]) => chunks.join('') + end);

describe('a scanned body', () => {
  it('is read in the same way by Node, before and after', { timeout: 600_000 }, async () => {
    let completeCount = 0;
    await assert(
      asyncProperty(corrupted(bodies), async (body) => {
        const { outcome, passed, trailersAt } = scan(body);
        const isComplete = outcome > 0 && trailersAt < 0;
        if (!isComplete) return;
        completeCount++;
        const before = await parseResponse(latin1(HEAD + body.slice(0, outcome)), 'GET');
        const after = await parseResponse(latin1(HEAD + passed), 'GET');
        expect(before).toMatchObject({ isComplete: true, isPersistent: true });
        expect(after).toEqual(before);
      }),
      { numRuns: 2000 * FUZZ },
    );
    expect(completeCount, 'complete, of 2000').toBeGreaterThan(300 * FUZZ);
  });

  it('has the trailers that Node reads', { timeout: 600_000 }, async () => {
    const trailers = new Trailers(new FieldNames(), { maxHeadBytes: 1000, maxFields: 9 });
    await assert(
      asyncProperty(corrupted(bodies), async (body) => {
        const { trailersAt } = scan(body);
        if (trailersAt < 0) return;
        trailers.reset();
        const length = trailers.frame(latin1(body), trailersAt, body.length);
        if (length <= 0) return;
        const parsed = await parseResponse(latin1(HEAD + body.slice(0, trailersAt + length)), 'GET');
        const { fields } = trailers;
        const raw = Array.from({ length: fields.count }, (_, i) => [fields.nameText(i), fields.valueText(i)]).flat();
        expect(parsed).toMatchObject({ isComplete: true, rawTrailers: raw });
      }),
      { numRuns: 1000 * FUZZ },
    );
  });

  it('does not depend on how it was split', { timeout: 600_000 }, () => {
    assert(
      property(corrupted(bodies), (body) => {
        const expected = scan(body);
        for (let size = 1; size < body.length; size++) {
          const scanned = scan(body, size);
          // How much is passed before an error depends on the pieces. It does not matter: the message is aborted.
          if (expected.outcome === UNSUPPORTED && scanned.outcome === UNSUPPORTED) continue;
          if (JSON.stringify(scanned) !== JSON.stringify(expected)) expect(scanned).toEqual(expected);
        }
      }),
      { numRuns: 1000 * FUZZ },
    );
  });
});

/** Scans as a caller does, in pieces of `size` bytes. The outcome is the end of the body, INCOMPLETE or UNSUPPORTED. */
function scan(body: string, size = body.length) {
  const scanner = new ChunkScanner();
  const bytes = latin1(body);
  let passed = '';
  for (let from = 0; from < bytes.length; from += size) {
    const to = Math.min(bytes.length, from + size);
    for (let at = from; at < to; at = scanner.resumeAt) {
      const end = scanner.scan(bytes, at, to);
      if (end === UNSUPPORTED) return { outcome: UNSUPPORTED, passed, trailersAt: -1 };
      passed += bytes.toString('latin1', at, end);
      if (scanner.isComplete) return { outcome: scanner.resumeAt, passed, trailersAt: -1 };
      if (scanner.hasTrailers) return { outcome: scanner.resumeAt, passed, trailersAt: scanner.resumeAt };
    }
  }
  return { outcome: INCOMPLETE, passed, trailersAt: -1 };
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
