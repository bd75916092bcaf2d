// The middle of a large response, past Node's HTTP parser. The parser gives each piece of a body a new buffer of up to
// 64 KiB outside V8's heap, which keeps the collector busy. Of a response whose length is known it need only count the
// bytes: it still reads the head, the first and the last piece, and alone decides where the response ends
// (docs/decisions/0018).
import type { Socket } from 'node:net';

/** Where a parser keeps the function that takes pieces of a body: `HTTPParser.kOnBody`. */
const ON_BODY = 3;
const ON_BODY_NAME = 'parserOnBody';
const LF = 10;

/** Node-internal: the parser that reads a connection of Node's HTTP client. */
interface Parsed {
  readonly parser?: { [ON_BODY]: { readonly name: string } | undefined } | null;
}

/** Called with bytes that are valid until it returns. */
export type BodyReceiver = (piece: Buffer) => void;

/** Stands between a connection and the request of Node's client that uses it. */
export class ParserBypass {
  private receiver: BodyReceiver | undefined;
  /** Bytes of the body that are still to arrive. */
  private missing = 0;
  /** Whether the body that is arriving has no length: if it ends before its connection, it ends with a line. */
  private isLengthUnknown = false;

  constructor(private readonly socket: Socket) {}

  /** From here on `receiver` gets the bytes, except the last piece of the `missing` ones; NaN: their number is unknown. */
  start(missing: number, receiver: BodyReceiver): void {
    const { parser } = this.socket as Parsed;
    this.isLengthUnknown = Number.isNaN(missing);
    // In a Node that keeps the function elsewhere everything goes through the parser.
    if (parser?.[ON_BODY]?.name !== ON_BODY_NAME || this.isLengthUnknown) return;
    this.missing = missing;
    this.receiver = receiver;
  }

  /** Takes bytes that were read from the connection. */
  onData(piece: Buffer): void {
    const { receiver } = this;
    if (receiver && piece.length < this.missing) {
      this.missing -= piece.length;
      this.count(piece);
      receiver(piece);
    } else {
      this.receiver = undefined;
      const isWhole = receiver !== undefined && piece.length === this.missing;
      const isOpenEnded = this.isLengthUnknown && piece[piece.length - 1] !== LF;
      this.parse(piece, isWhole || isOpenEnded ? piece.length : piece.length - 1);
      // An end without a line is not that of the response.
      if (isOpenEnded && !this.isParsing) this.socket.destroy();
      if (!this.isParsing) this.isLengthUnknown = false;
    }
  }

  /**
   * Has the parser read the bytes up to `split`, then the others. If the response is over by then, bytes follow it
   * unasked, and the connection cannot be reused.
   */
  private parse(piece: Buffer, split: number): void {
    for (const part of [piece.subarray(0, split), piece.subarray(split)]) {
      if (part.length === 0) continue;
      if (this.isParsing) this.socket.emit('data', part);
      else this.socket.destroy();
    }
  }

  /** Whether Node's client expects more of a response: it stops listening at the end. */
  private get isParsing(): boolean {
    return this.socket.listenerCount('data') > 0;
  }

  /** Stops reading until {@link resume}. What goes through the parser is paused by the stream that gets it. */
  pause(): void {
    if (this.receiver) this.socket.pause();
  }

  resume(): void {
    if (this.receiver) this.socket.resume();
  }

  /** Has the parser count bytes in the middle of the body, without handing any of them out. */
  private count(piece: Buffer): void {
    const { parser } = this.socket as Parsed;
    const onBody = parser?.[ON_BODY];
    if (parser) parser[ON_BODY] = undefined;
    try {
      this.socket.emit('data', piece);
    } finally {
      // Node reuses its parsers.
      if (parser) parser[ON_BODY] = onBody;
    }
  }
}
