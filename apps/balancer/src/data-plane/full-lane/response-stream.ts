// Passes the body of a backend's answer on to the client as it comes; what is there at once goes out in one write with
// the head.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ParserBypass } from './parser-bypass.js';
import { trailerPairs } from '../headers/header-rules.js';
import { POOLED_BUFFER_BYTES, writeThroughPool } from './write-buffer-pool.js';

/** What an answer tells as it passes. */
export interface ResponseObserver {
  /** Bytes have come in. */
  onBytes(): void;
  /** The answer has come in whole. Told before the client can know. */
  onComplete(): void;
}

/** How an answer comes in. */
export interface ResponseSource {
  /** Of its body; NaN when it did not say. */
  readonly lengthBytes: number;
  /** Of its connection, if that has one. */
  readonly bypass: ParserBypass | undefined;
}

/** Up to so much is copied into one text with what frames it: cheaper than a list of pieces for the system. Bytes. */
const COPIED_BYTES = 8192;

/** Begins to pass on a body, behind a head that was given to `response` and is not sent yet. */
export function streamResponse(
  answer: IncomingMessage,
  response: ServerResponse,
  watcher: ResponseObserver,
  source: ResponseSource,
): void {
  const stream = new ResponseStream(answer, response, watcher, source);
  answer.on('data', (piece: Buffer) => stream.onData(piece));
  answer.on('end', () => stream.end());
  // Behind the reading of what has come with the head.
  process.nextTick(() => stream.start());
}

class ResponseStream {
  private pieces: Buffer[] = [];
  private piecesBytes = 0;
  /** Bytes of the body that are still to come. */
  private missing: number;
  private isHeld = false;
  private hasBegun = false;
  private hasEnded = false;
  private readonly isChunked: boolean;
  private readonly bypass: ParserBypass | undefined;

  constructor(
    private readonly answer: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly watcher: ResponseObserver,
    { lengthBytes, bypass }: ResponseSource,
  ) {
    this.missing = lengthBytes;
    this.bypass = bypass;
    // Framed here: Node writes a chunk in four parts.
    this.isChunked = response.chunkedEncoding;
    response.chunkedEncoding = false;
  }

  /** The head goes out although nothing of the body has come. */
  start(): void {
    if (this.hasBegun || this.hasEnded) return;
    if (this.isAllRead) this.end();
    else {
      this.hasBegun = true;
      // Without the encoding, Node would take the head for UTF-8.
      this.response.write('', 'latin1');
      this.bypassParser();
    }
  }

  onData(piece: Buffer): void {
    this.watcher.onBytes();
    this.pieces.push(piece);
    this.piecesBytes += piece.length;
    this.missing -= piece.length;
    if (this.isAllRead) this.end();
    // Otherwise the next piece comes within this turn.
    else if (this.answer.readableLength === 0) this.flush();
  }

  private get isAllRead(): boolean {
    // The last byte is known before Node says that it was the last.
    return (this.answer.complete || this.missing === 0) && this.answer.readableLength === 0;
  }

  private flush(): void {
    const { response } = this;
    const isBehind = response.writableNeedDrain;
    this.hasBegun = true;
    if (this.isCopied) response.write(this.copy(''), 'latin1');
    else this.writePieces();
    this.bypassParser();
    if (isBehind) this.hold();
  }

  /** What did not come with the head need not go through Node's parser. What did has been taken. */
  private bypassParser(): void {
    if (this.answer.readableLength === 0) this.bypass?.start(this.missing, (piece) => this.pass(piece));
  }

  /** A piece that is valid for this turn only. A small one goes on as text: it would leave most of a slab empty. */
  private pass(piece: Buffer): void {
    const { response } = this;
    this.watcher.onBytes();
    this.missing -= piece.length;
    const isBehind = response.writableNeedDrain;
    if (piece.length <= POOLED_BUFFER_BYTES / 2) response.write(piece.toString('latin1'), 'latin1');
    else writeThroughPool(piece, (copy, written) => response.write(copy, written));
    if (isBehind) this.hold();
  }

  /**
   * The client has not taken what was written before: nothing more is read until it has. One piece alone proves nothing,
   * as it is sent at the end of this turn only.
   */
  private hold(): void {
    const { answer, bypass, response } = this;
    answer.pause();
    bypass?.pause();
    if (this.isHeld) return;
    this.isHeld = true;
    response.once('drain', () => {
      this.isHeld = false;
      answer.resume();
      bypass?.resume();
    });
  }

  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.watcher.onComplete();
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

  private writePieces(): void {
    const { response, pieces, piecesBytes } = this;
    this.clear();
    if (this.isChunked) response.write(`${piecesBytes.toString(16)}\r\n`, 'latin1');
    for (const piece of pieces) response.write(piece);
    if (this.isChunked) response.write('\r\n', 'latin1');
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
