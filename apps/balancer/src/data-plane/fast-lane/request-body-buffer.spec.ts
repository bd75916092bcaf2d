import { describe, expect, it } from 'vitest';
import type { Outbox } from './write-buffer.js';
import { UploadBuffer } from './request-body-buffer.js';

/** Takes down what is put into it. */
function aSheet() {
  let written = '';
  const sheet: Pick<Outbox, 'text' | 'copy'> = {
    text: (text) => (written += text) && undefined,
    copy: (from, start, end) => (written += from.toString('latin1', start, end)) && undefined,
  };
  return { outbox: sheet as Outbox, written: () => written };
}

function put(upload: UploadBuffer): string {
  const { outbox, written } = aSheet();
  upload.put(outbox);
  return written();
}

describe('an upload', () => {
  it('that came with the head and was sent is kept only when it may be sent again', () => {
    for (const mayBeSentAgain of [true, false]) {
      const upload = new UploadBuffer(100);
      upload.begin(4);
      upload.lend(Buffer.from('xabcdx'), 1, 5);
      expect(upload.missing).toBe(0);
      expect(put(upload)).toBe('abcd');
      upload.endLoan(mayBeSentAgain);
      expect(upload.isAtHand).toBe(mayBeSentAgain);
      upload.rewind();
      expect(put(upload)).toBe(mayBeSentAgain ? 'abcd' : '');
    }
  });

  it('that was not sent is kept when its buffer is needed elsewhere', () => {
    const upload = new UploadBuffer(100);
    const bytes = Buffer.from('ab');
    upload.begin(4);
    upload.lend(bytes, 0, 2);
    upload.endLoan(false);
    bytes.fill('#');
    upload.add('cd');
    expect(put(upload)).toBe('abcd');
  });

  it('is forgotten beyond the limit once it was sent, and held up before that', () => {
    const upload = new UploadBuffer(3);
    upload.begin(6);
    upload.add('ab');
    expect(upload.isHeld).toBe(false);
    upload.add('cd');
    expect(upload.isHeld).toBe(true);
    expect(put(upload)).toBe('abcd');
    expect(upload.isAtHand).toBe(false);
    upload.add('ef');
    expect([upload.missing, put(upload)]).toEqual([0, '']);
  });

  it('has nothing of the one before', () => {
    const upload = new UploadBuffer(3);
    upload.begin(4);
    upload.add('abcd');
    put(upload);
    upload.begin(2);
    upload.add('x');
    expect([upload.isAtHand, upload.missing, put(upload)]).toEqual([true, 1, 'x']);
  });
});
