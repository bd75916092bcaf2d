// Passes the body of a backend's answer on to the client as it comes; what is there at once goes out in one write with
// the head.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { trailerPairs } from './forwarding.js';

/** What an answer tells as it passes. */
export interface AnswerWatcher {
  /** Bytes have come in. */
  moved(): void;
  /** The answer has come in whole. Told before the client can know. */
  whole(): void;
}

/** Up to so much is copied into one text with what frames it: cheaper than a list of pieces for the system. Bytes. */
const COPIED_BYTES = 8192;

/** Begins to pass on a body, behind a head that was given to `response` and is not sent yet. */
export function streamAnswer(answer: IncomingMessage, response: ServerResponse, watcher: AnswerWatcher): void {
  const stream = new AnswerStream(answer, response, watcher);
  answer.on('data', (piece: Buffer) => stream.take(piece));
  answer.on('end', () => stream.end());
  // Behind the reading of what has come with the head.
  process.nextTick(() => stream.begin());
}

class AnswerStream {
  private pieces: Buffer[] = [];
  private piecesBytes = 0;
  private hasBegun = false;
  private hasEnded = false;
  private readonly isChunked: boolean;

  constructor(
    private readonly answer: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly watcher: AnswerWatcher,
  ) {
    // Framed here: Node writes a chunk in four parts.
    this.isChunked = response.chunkedEncoding;
    response.chunkedEncoding = false;
  }

  /** The head goes out although nothing of the body has come. */
  begin(): void {
    if (this.hasBegun || this.hasEnded) return;
    if (this.isAllRead) this.end();
    else {
      this.hasBegun = true;
      // Without the encoding, Node would take the head for UTF-8.
      this.response.write('', 'latin1');
    }
  }

  take(piece: Buffer): void {
    this.watcher.moved();
    this.pieces.push(piece);
    this.piecesBytes += piece.length;
    if (this.isAllRead) this.end();
    // Otherwise the next piece comes within this turn.
    else if (this.answer.readableLength === 0) this.flush();
  }

  private get isAllRead(): boolean {
    return this.answer.complete && this.answer.readableLength === 0;
  }

  private flush(): void {
    const { answer, response } = this;
    this.hasBegun = true;
    const takesMore = this.isCopied ? response.write(this.copy(''), 'latin1') : this.writePieces();
    if (takesMore) return;
    answer.pause();
    response.once('drain', () => answer.resume());
  }

  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.watcher.whole();
    const last = this.isChunked ? `0\r\n${this.trailerLines()}\r\n` : '';
    if (!this.isCopied) {
      this.writePieces();
      this.response.end(last, 'latin1');
    } else this.response.end(this.copy(last), 'latin1');
  }

  private get isCopied(): boolean {
    return this.piecesBytes <= COPIED_BYTES;
  }

  /** The pieces as text, one character for each byte, framed if need be; `last` comes behind. */
  private copy(last: string): string {
    const { pieces, piecesBytes } = this;
    if (piecesBytes === 0) return last;
    const body =
      pieces.length === 1 ? pieces[0].toString('latin1') : pieces.map((piece) => piece.toString('latin1')).join('');
    this.clear();
    return this.isChunked ? `${piecesBytes.toString(16)}\r\n${body}\r\n${last}` : body + last;
  }

  private writePieces(): boolean {
    const { response, pieces, piecesBytes } = this;
    this.clear();
    if (this.isChunked) response.write(`${piecesBytes.toString(16)}\r\n`, 'latin1');
    let takesMore = true;
    for (const piece of pieces) takesMore = response.write(piece);
    return this.isChunked ? response.write('\r\n', 'latin1') : takesMore;
  }

  private clear(): void {
    this.pieces = [];
    this.piecesBytes = 0;
  }

  private trailerLines(): string {
    return trailerPairs(this.answer.rawTrailers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
  }
}
