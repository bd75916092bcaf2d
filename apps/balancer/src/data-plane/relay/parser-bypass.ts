// The middle of a large response, past Node's HTTP parser. The parser gives each piece of a body a new buffer of up to
// 64 KiB outside V8's heap, which keeps the collector busy. Of a response whose length is known it need only count the
// bytes: it still reads the head, the first and the last piece, and alone decides where the response ends
// (docs/decisions/0018).
import type { Socket } from 'node:net';

/** Where a parser keeps the function that takes pieces of a body: `HTTPParser.kOnBody`. */
const ON_BODY = 3;
const ON_BODY_NAME = 'parserOnBody';

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

  constructor(private readonly socket: Socket) {}

  /** From here on `receiver` gets the bytes, except the last piece of the `missing` ones; NaN: their number is unknown. */
  start(missing: number, receiver: BodyReceiver): void {
    const { parser } = this.socket as Parsed;
    // In a Node that keeps the function elsewhere everything goes through the parser.
    if (parser?.[ON_BODY]?.name !== ON_BODY_NAME || Number.isNaN(missing)) return;
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
      const isTooLong = receiver !== undefined && piece.length > this.missing;
      this.receiver = undefined;
      this.socket.emit('data', piece);
      // Bytes after the response are unsolicited, so the connection cannot be reused.
      if (isTooLong) this.socket.destroy();
    }
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
