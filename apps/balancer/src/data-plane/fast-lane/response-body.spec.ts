import type { BodyEnd } from '@fairlead/http1';
import { describe, expect, it } from 'vitest';
import { ResponseBody, type BodySink } from './response-body.js';
import { createTrailers } from './wire-fields.js';

/** What the client is sent, and how it ends. */
class RecordingSink implements BodySink {
  /** Sent so far; what was appended is sent with what comes next. */
  sent = '';
  ending: { readonly isClean: boolean } | { readonly error: string } | undefined;
  private appended = '';

  append(text: string): void {
    this.appended += text;
  }

  write(bytes: Buffer, from: number, end: number): void {
    if (this.ending) throw new Error('the body has ended');
    this.sent += this.appended + bytes.toString('latin1', from, end);
    this.appended = '';
  }

  onBodyEnd(bytes: Buffer, from: number, end: number, isClean: boolean): void {
    this.write(bytes, from, end);
    this.ending = { isClean };
  }

  onBodyError(error: string): void {
    if (this.ending) throw new Error('the body has ended');
    this.ending = { error };
  }
}

function aBody() {
  const sink = new RecordingSink();
  return { sink, body: new ResponseBody(createTrailers({ maxHeadBytes: 1000, maxFields: 9 }), sink) };
}

/**
 * Has pieces followed until the body ends, the first one with the head. Each is in the middle of other bytes, and
 * overwritten afterwards, as in the buffer that connections are read into.
 */
function follow({ sink, body }: ReturnType<typeof aBody>, form: BodyEnd, pieces: string[], length = -1): RecordingSink {
  body.reset(form, length);
  pieces.forEach((piece, i) => {
    if (sink.ending) return;
    const bytes = Buffer.from(`0\r\n\r\n${piece}0\r\n\r\n`, 'latin1');
    const end = bytes.length - 5;
    if (i === 0) body.start(bytes, 5, end);
    else body.onData(bytes, 5, end);
    bytes.fill('#');
  });
  return sink;
}

/** A text in one piece, in two in all ways, and in single characters. The first piece may be empty. */
function inPieces(text: string): string[][] {
  const inTwo = Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)]);
  return [[text], ...inTwo, ['', ...Array.from(text)]];
}

describe('a response body', () => {
  it.each<[BodyEnd, number]>([
    ['none', -1],
    ['length', 0],
    ['length', 5],
    ['chunked', -1],
    ['close', -1],
  ])('of form %s and length %i has the head sent at once, although nothing of the body has arrived', (form, length) => {
    const followed = aBody();
    followed.sink.append('head');
    follow(followed, form, [''], length);
    expect(followed.sink.sent).toBe('head');
    expect(followed.sink.ending).toEqual(length === 0 || form === 'none' ? { isClean: true } : undefined);
  });

  it('that does not exist ends with the head', () => {
    expect(follow(aBody(), 'none', ['surplus'])).toMatchObject({ sent: '', ending: { isClean: false } });
  });

  it.each<[string, BodyEnd, string, string]>([
    ['a length', 'length', 'hello', 'hello'],
    ['chunks', 'chunked', '5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n', '5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n'],
    ['line ends as data', 'chunked', '4\r\n\r\n\r\n\r\n0\r\n\r\n', '4\r\n\r\n\r\n\r\n0\r\n\r\n'],
    ['chunk extensions', 'chunked', '5;a=b\r\nhello\r\n0;c\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    [
      'trailers',
      'chunked',
      '1\r\nx\r\n0\r\nDigest: a\r\nX-B:  c \r\n\r\n',
      '1\r\nx\r\n0\r\nDigest: a\r\nX-B: c\r\n\r\n',
    ],
    [
      'trailers that are not forwarded',
      'chunked',
      '0\r\nConnection: a\r\nHost: b\r\nA: 1\r\nVia: c\r\nCompute: 9\r\nendpoint-load-metrics: d\r\n\r\n',
      '0\r\nA: 1\r\n\r\n',
    ],
  ])('with %s is relayed to its end, in whatever pieces it arrives', (_what, form, text, sent) => {
    for (const pieces of inPieces(text)) {
      expect(follow(aBody(), form, pieces, text.length), String(pieces)).toMatchObject({
        sent,
        ending: { isClean: true },
      });
    }
  });

  it.each<[BodyEnd, string]>([
    ['length', 'hello'],
    ['chunked', '5\r\nhello\r\n0\r\n\r\n'],
    ['chunked', '5\r\nhello\r\n0\r\nA: 1\r\n\r\n'],
  ])('of form %s ends before surplus bytes: %j', (form, text) => {
    const surplus = 'HTTP/1.1 200 OK\r\n\r\n';
    inPieces(text + surplus).forEach((pieces) => {
      // Surplus that comes later reaches the next user of the connection.
      const isSeparate = pieces[0] === text || pieces.length > 2;
      expect(follow(aBody(), form, pieces, text.length), String(pieces)).toMatchObject({
        sent: text,
        ending: { isClean: isSeparate },
      });
    });
  });

  it('that ends with the connection is sent in chunks', () => {
    for (const pieces of inPieces('hello')) {
      const followed = aBody();
      const sink = follow(followed, 'close', pieces);
      expect(sink.ending).toBeUndefined();
      expect(followed.body.endsWithConnection()).toBe(true);
      const chunks = pieces.filter((piece) => piece !== '').map((piece) => `${piece.length}\r\n${piece}\r\n`);
      expect(sink).toMatchObject({ sent: `${chunks.join('')}0\r\n\r\n`, ending: { isClean: false } });
    }
  });

  it('that ends with the connection has the size of its chunks in hexadecimal, and keeps every byte', () => {
    const text = Array.from({ length: 300 }, (_, i) => String.fromCharCode(i % 256)).join('');
    expect(follow(aBody(), 'close', [text]).sent).toBe(`12c\r\n${text}\r\n`);
  });

  it.each<[BodyEnd, string]>([
    ['length', 'hell'],
    ['chunked', '5\r\nhello\r\n0\r\n'],
    ['chunked', '5\r\nhello\r\n0\r\nA: 1\r\n'],
  ])('of form %s is cut when its connection closes after %j', (form, text) => {
    const followed = aBody();
    const sink = follow(followed, form, [text], 5);
    expect(sink.ending).toBeUndefined();
    expect(followed.body.endsWithConnection()).toBe(false);
    expect(sink.ending).toBeUndefined();
  });
});

describe('a malformed body', () => {
  it.each([
    ['data that is longer than its chunk', '', '5\r\nhello0\r\n\r\n'],
    ['a size that is not a number', '', 'x\r\n'],
    ['a bare line feed', '5\r\nhello\r\n', '5\nhello'],
    ['a signed size', '5\r\nhello\r\n', '-5\r\nhello'],
    ['a carriage return in place of the end', '5\r\nhello\r\n0\r\n', '\rX'],
    ['a blank in the name of a trailer', '5\r\nhello\r\n0\r\n', 'A : 1\r\n\r\n'],
    ['a trailer that frames a message', '5\r\nhello\r\n0\r\n', 'Content-Length: 1\r\n\r\n'],
    ['trailers beyond the limit', '5\r\nhello\r\n0\r\n', `A: ${'x'.repeat(1000)}`],
  ])('is cut, and never ends in order: %s', (_what, good, bad) => {
    for (const pieces of inPieces(good + bad)) {
      const { sent, ending } = follow(aBody(), 'chunked', pieces);
      expect(ending, String(pieces)).toMatchObject({ error: expect.stringMatching(/malformed/) });
      expect((good + bad).startsWith(sent), `${sent} of ${String(pieces)}`).toBe(true);
    }
  });

  it('is followed by others that are not', () => {
    const { sink, body } = aBody();
    follow({ sink, body }, 'chunked', ['5\r\nhello\r\n0\r\nA : 1\r\n\r\n']);
    for (const [form, text] of [
      ['chunked', '1\r\nx\r\n0\r\nB: 2\r\n\r\n'],
      ['length', 'abc'],
      ['chunked', '0\r\n\r\n'],
    ] as const) {
      sink.ending = undefined;
      sink.sent = '';
      expect(follow({ sink, body }, form, ['', ...Array.from(text)], text.length)).toMatchObject({
        sent: text,
        ending: { isClean: true },
      });
    }
  });

  it('leaves nothing of a body that was cut in its chunks or trailers to the next', () => {
    for (const text of ['5\r\nhel', '0\r\nA: a long value\r\nB:']) {
      const { sink, body } = aBody();
      follow({ sink, body }, 'chunked', [text]);
      sink.sent = '';
      expect(follow({ sink, body }, 'chunked', ['1\r\nx\r\n0\r\nC: 3\r\n\r\n'])).toMatchObject({
        sent: '1\r\nx\r\n0\r\nC: 3\r\n\r\n',
        ending: { isClean: true },
      });
    }
  });
});
