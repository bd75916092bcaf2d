// Relays the body of a backend's response to the client as it arrives; what is there at once is sent in one write with the
// head.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { trailerPairs } from '../headers/header-rules.js';
import type { ParserBypass } from './parser-bypass.js';
import { POOLED_BUFFER_BYTES, writeThroughPool } from './write-buffer-pool.js';

/** What a response reports while it passes. */
export interface ResponseObserver {
  /** Bytes have arrived. */
  onBytes(count: number): void;
  /** The response has arrived whole. Called before the client can know. */
  onComplete(): void;
  /** The response ends with its connection, which was lost before the backend had ended it. */
  onCutOff(error: Error): void;
}

/** How a response arrives. */
export interface ResponseSource {
  /** The length of its body; NaN when it has none declared. */
  readonly lengthBytes: number;
  /** Whether the body ends with the connection (RFC 9112 §6.3). */
  readonly isUntilClose: boolean;
  /** Of its connection, if that has one. */
  readonly bypass: ParserBypass | undefined;
}

/** Up to this much is copied into one text with its framing: cheaper for the system than a list of pieces. Bytes. */
const COPIED_BYTES = 8192;

/** Starts to relay a body, after a head that was given to `response` and is not sent yet. */
export function streamResponse(
  upstream: IncomingMessage,
  response: ServerResponse,
  observer: ResponseObserver,
  source: ResponseSource,
): void {
  const stream = new ResponseStream(upstream, response, observer, source);
  upstream.on('data', (piece: Buffer) => stream.onData(piece));
  upstream.on('end', () => stream.end());
  // After what arrived with the head was read.
  process.nextTick(() => stream.start());
}

class ResponseStream {
  private pieces: Buffer[] = [];
  private piecesBytes = 0;
  /** Bytes of the body that are still to arrive. */
  private missing: number;
  private isWaitingForDrain = false;
  private hasStarted = false;
  private hasEnded = false;
  private readonly isChunked: boolean;
  private readonly isUntilClose: boolean;
  private readonly bypass: ParserBypass | undefined;

  constructor(
    private readonly upstream: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly observer: ResponseObserver,
    { lengthBytes, isUntilClose, bypass }: ResponseSource,
  ) {
    this.missing = lengthBytes;
    this.isUntilClose = isUntilClose;
    this.bypass = bypass;
    // Framed here: Node writes a chunk in four parts.
    this.isChunked = response.chunkedEncoding;
    response.chunkedEncoding = false;
  }

  /** Sends the head, even if nothing of the body has arrived. */
  start(): void {
    if (this.hasStarted || this.hasEnded) return;
    if (this.isAllRead) this.end();
    else {
      this.hasStarted = true;
      // Without the encoding, Node would take the head for UTF-8.
      this.response.write('', 'latin1');
      this.bypassParser();
    }
  }

  onData(piece: Buffer): void {
    this.observer.onBytes(piece.length);
    this.pieces.push(piece);
    this.piecesBytes += piece.length;
    this.missing -= piece.length;
    if (this.isAllRead) this.end();
    // Otherwise the next piece comes within this turn of the event loop.
    else if (this.upstream.readableLength === 0) this.flush();
  }

  private get isAllRead(): boolean {
    // The last byte is known before Node emits `end`.
    return (this.upstream.complete || this.missing === 0) && this.upstream.readableLength === 0;
  }

  private flush(): void {
    const { response } = this;
    const isBackpressured = response.writableNeedDrain;
    this.hasStarted = true;
    if (this.isCopied) response.write(this.copy(''), 'latin1');
    else this.writePieces();
    this.bypassParser();
    if (isBackpressured) this.pause();
  }

  /** What did not arrive with the head need not go through Node's parser. What did has been relayed. */
  private bypassParser(): void {
    if (this.upstream.readableLength === 0) this.bypass?.start(this.missing, (piece) => this.relay(piece));
  }

  /** A piece that is valid in this callback only. A small one is sent as text: it would leave most of a buffer empty. */
  private relay(piece: Buffer): void {
    const { response } = this;
    this.observer.onBytes(piece.length);
    this.missing -= piece.length;
    const isBackpressured = response.writableNeedDrain;
    if (piece.length <= POOLED_BUFFER_BYTES / 2) response.write(piece.toString('latin1'), 'latin1');
    else writeThroughPool(piece, (copy, written) => response.write(copy, written));
    if (isBackpressured) this.pause();
  }

  /**
   * The client has not accepted what was written before: reading stops until it has. One piece alone proves nothing, since
   * it is sent at the end of this turn only.
   */
  private pause(): void {
    const { upstream, bypass, response } = this;
    upstream.pause();
    bypass?.pause();
    if (this.isWaitingForDrain) return;
    this.isWaitingForDrain = true;
    response.once('drain', () => {
      this.isWaitingForDrain = false;
      upstream.resume();
      bypass?.resume();
    });
  }

  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    const { socket } = this.upstream;
    // Node takes the response for complete, however the connection ended.
    if (this.isUntilClose && !socket.readableEnded) {
      this.observer.onCutOff(socket.errored ?? new Error('closed'));
      return;
    }
    this.observer.onComplete();
    const last = this.isChunked ? `0\r\n${this.trailerLines()}\r\n` : '';
    if (!this.isCopied) {
      this.writePieces();
      this.response.end(last, 'latin1');
    } else this.response.end(this.copy(last), 'latin1');
  }

  private get isCopied(): boolean {
    return this.piecesBytes <= COPIED_BYTES;
  }

  /** The pieces as text, one character for each byte, framed if need be, followed by `last`. */
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
    return trailerPairs(this.upstream.rawTrailers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
  }
}
