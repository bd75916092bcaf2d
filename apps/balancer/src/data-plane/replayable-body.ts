// A request body that can be sent more than once: streamed as it comes, and remembered up to a limit.
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

export class ReplayableBody {
  private remembered: Buffer[] | undefined = [];
  private rememberedBytes = 0;
  private hasEnded = false;
  private isDiscarding = false;
  private reader: Readable | undefined;

  constructor(
    private readonly source: IncomingMessage,
    private readonly limitBytes: number,
  ) {
    source.on('data', (chunk: Buffer) => this.take(chunk));
    source.on('end', () => {
      this.hasEnded = true;
      this.reader?.push(null);
    });
    source.pause();
  }

  /** Whether {@link read} can begin at the beginning: false once the limit was passed. */
  get isAtHand(): boolean {
    return this.remembered !== undefined;
  }

  /** The body from its beginning. The stream handed out before gets nothing more. */
  read(): Readable {
    const { source } = this;
    const reader = new Readable({ read: () => source.resume() });
    for (const chunk of this.remembered ?? []) reader.push(chunk);
    if (this.hasEnded) reader.push(null);
    this.reader = reader;
    return reader;
  }

  /** What is still to come is read and dropped, so that the client can finish sending and sees its answer. */
  discard(): void {
    this.remembered = undefined;
    this.reader = undefined;
    this.isDiscarding = true;
    this.source.resume();
  }

  private take(chunk: Buffer): void {
    if (this.isDiscarding) return;
    this.rememberedBytes += chunk.length;
    if (this.rememberedBytes > this.limitBytes) this.remembered = undefined;
    else this.remembered?.push(chunk);
    const wantsMore = this.reader?.push(chunk) ?? false;
    if (!wantsMore) this.source.pause();
  }
}

/** Whether a request has a body at all (RFC 9112 §6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}
