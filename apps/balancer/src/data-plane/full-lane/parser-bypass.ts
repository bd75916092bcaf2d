// The middle of a large answer, past Node's HTTP parser. The parser gives each piece of a body a new buffer of up to
// 64 KiB outside V8's heap, and V8 collects garbage all the time for their sake. Of an answer whose length is known it
// need only count the bytes: head, first and last piece it still hands out, and it alone says where the answer ends.
import type { Socket } from 'node:net';

/** Where a parser keeps the function that takes pieces of a body: `HTTPParser.kOnBody`. Without it nothing is copied. */
const ON_BODY = 3;
const ON_BODY_NAME = 'parserOnBody';

/** What Node keeps to itself: the parser that reads a connection of its client's. */
interface Parsed {
  readonly parser?: { [ON_BODY]: { readonly name: string } | undefined } | null;
}

/** Told of bytes that have come in. They are valid until it returns. */
export type BodyReceiver = (piece: Buffer) => void;

/** Stands between a connection and the request of Node's client that has it. */
export class ParserBypass {
  private receiver: BodyReceiver | undefined;
  /** Bytes of the body that are still to come. */
  private missing = 0;

  constructor(private readonly socket: Socket) {}

  /** From here on `receiver` is given what comes in, but for the last piece of the `missing` bytes; NaN: unknown. */
  start(missing: number, receiver: BodyReceiver): void {
    const { parser } = this.socket as Parsed;
    // A Node that has it elsewhere: all goes the long way.
    if (parser?.[ON_BODY]?.name !== ON_BODY_NAME || Number.isNaN(missing)) return;
    this.missing = missing;
    this.receiver = receiver;
  }

  /** Passes on what came in. */
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
      // What came behind the answer is anybody's guess.
      if (isTooLong) this.socket.destroy();
    }
  }

  /** Nothing more is read until {@link resume}. What goes through the parser is held up by who gets it. */
  pause(): void {
    if (this.receiver) this.socket.pause();
  }

  resume(): void {
    if (this.receiver) this.socket.resume();
  }

  /** Shows the parser bytes of which it hands out none: they are all in the middle of the body. */
  private count(piece: Buffer): void {
    const { parser } = this.socket as Parsed;
    const onBody = parser?.[ON_BODY];
    if (parser) parser[ON_BODY] = undefined;
    try {
      this.socket.emit('data', piece);
    } finally {
      // Node uses its parsers again.
      if (parser) parser[ON_BODY] = onBody;
    }
  }
}
