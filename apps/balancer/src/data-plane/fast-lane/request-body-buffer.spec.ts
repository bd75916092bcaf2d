import { describe, expect, it } from 'vitest';
import type { WriteBuffer } from './write-buffer.js';
import { RequestBodyBuffer } from './request-body-buffer.js';

/** Takes down what is put into it. */
function aSheet() {
  let written = '';
  const sheet: Pick<WriteBuffer, 'append' | 'appendBytes'> = {
    append: (text) => (written += text) && undefined,
    appendBytes: (from, start, end) => (written += from.toString('latin1', start, end)) && undefined,
  };
  return { outbox: sheet as WriteBuffer, written: () => written };
}

function put(upload: RequestBodyBuffer): string {
  const { outbox, written } = aSheet();
  upload.appendTo(outbox);
  return written();
}

describe('an upload', () => {
  it('that came with the head and was sent is kept only when it may be sent again', () => {
    for (const mayBeSentAgain of [true, false]) {
      const upload = new RequestBodyBuffer(100);
      upload.reset(4);
      upload.borrow(Buffer.from('xabcdx'), 1, 5);
      expect(upload.missing).toBe(0);
      expect(put(upload)).toBe('abcd');
      upload.endBorrow(mayBeSentAgain);
      expect(upload.isReplayable).toBe(mayBeSentAgain);
      upload.rewind();
      expect(put(upload)).toBe(mayBeSentAgain ? 'abcd' : '');
    }
  });

  it('that was not sent is kept when its buffer is needed elsewhere', () => {
    const upload = new RequestBodyBuffer(100);
    const bytes = Buffer.from('ab');
    upload.reset(4);
    upload.borrow(bytes, 0, 2);
    upload.endBorrow(false);
    bytes.fill('#');
    upload.add('cd');
    expect(put(upload)).toBe('abcd');
  });

  it('is forgotten beyond the limit once it was sent, and held up before that', () => {
    const upload = new RequestBodyBuffer(3);
    upload.reset(6);
    upload.add('ab');
    expect(upload.isFull).toBe(false);
    upload.add('cd');
    expect(upload.isFull).toBe(true);
    expect(put(upload)).toBe('abcd');
    expect(upload.isReplayable).toBe(false);
    upload.add('ef');
    expect([upload.missing, put(upload)]).toEqual([0, '']);
  });

  it('has nothing of the one before', () => {
    const upload = new RequestBodyBuffer(3);
    upload.reset(4);
    upload.add('abcd');
    put(upload);
    upload.reset(2);
    upload.add('x');
    expect([upload.isReplayable, upload.missing, put(upload)]).toEqual([true, 1, 'x']);
  });
});
