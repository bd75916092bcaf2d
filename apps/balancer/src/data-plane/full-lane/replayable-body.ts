// A request body that can be sent more than once: sent on as it comes, and remembered up to a limit.
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Stream } from 'node:stream';
import { trailerPairs } from '../headers/header-rules.js';

/** What a body tells as it comes in. */
export interface BodyObserver {
  /** Bytes have come in. */
  onBytes(): void;
  /** All of it has come in. */
  onComplete(): void;
}

/** So much is read while there is no backend to give it to. Bytes. */
const READ_AHEAD_BYTES = 65_536;
/** A whole body up to this goes out as one text with its head. Bytes. */
const COPIED_BYTES = 8192;

/** A stream as far as http-proxy-middleware needs one: it can be piped. */
export class ReplayableBody extends Stream {
  private remembered: Buffer[] | undefined = [];
  /** What the present attempt was not given yet. */
  private waiting: Buffer[] = [];
  private bytes = 0;
  /** As the client told it: the last byte is known before Node says that it was the last. */
  private readonly lengthBytes: number;
  private hasEnded = false;
  private isDiscarding = false;
  private upstream: ClientRequest | undefined;

  constructor(
    private readonly source: IncomingMessage,
    private readonly limitBytes: number,
    private readonly watcher: BodyObserver,
  ) {
    super();
    this.lengthBytes = Number(source.headers['content-length']);
    source.on('data', (chunk: Buffer) => this.onData(chunk));
    source.on('end', () => this.onEnd());
  }

  /** Whether {@link rewind} leads to the beginning: false once the limit was passed. */
  get isReplayable(): boolean {
    return this.remembered !== undefined;
  }

  /** The attempt is over: nobody is sent anything until the next one, which begins at the beginning. */
  rewind(): void {
    this.upstream = undefined;
    this.waiting = this.remembered?.slice() ?? [];
  }

  /** Sends the body from its beginning, and the rest as it comes. */
  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    // Of Node's client, which is all that is ever piped to.
    const upstream = destination as unknown as ClientRequest;
    const pieces = this.waiting;
    this.waiting = [];
    this.upstream = upstream;
    if (this.isWhole) this.sendAll(upstream, pieces);
    else for (const piece of pieces) upstream.write(piece);
    this.source.resume();
    return destination;
  }

  /** What is still to come is read and dropped, so that the client can finish sending and sees its answer. */
  discard(): void {
    this.remembered = undefined;
    this.waiting = [];
    this.upstream = undefined;
    this.isDiscarding = true;
    this.source.resume();
  }

  private onData(chunk: Buffer): void {
    this.watcher.onBytes();
    if (this.isDiscarding) return;
    this.bytes += chunk.length;
    if (this.bytes > this.limitBytes) this.remembered = undefined;
    else this.remembered?.push(chunk);
    const { upstream } = this;
    if (upstream) this.send(upstream, chunk);
    else {
      this.waiting.push(chunk);
      if (this.bytes >= READ_AHEAD_BYTES) this.source.pause();
    }
  }

  private send(upstream: ClientRequest, chunk: Buffer): void {
    // The attempt is over: the next one, or the answer, decides what becomes of the rest.
    if (upstream.destroyed) return;
    if (this.isWhole) {
      this.sendAll(upstream, [chunk]);
      return;
    }
    if (upstream.write(chunk)) return;
    this.source.pause();
    upstream.once('drain', () => {
      if (this.upstream === upstream) this.source.resume();
    });
  }

  private onEnd(): void {
    this.hasEnded = true;
    if (this.upstream?.writableEnded === false) this.sendAll(this.upstream, []);
    this.watcher.onComplete();
  }

  private get isWhole(): boolean {
    return this.hasEnded || this.bytes === this.lengthBytes;
  }

  /** The last pieces, and the end. */
  private sendAll(upstream: ClientRequest, pieces: readonly Buffer[]): void {
    if (upstream.chunkedEncoding) upstream.addTrailers(trailerPairs(this.source.rawTrailers));
    if (pieces.length === 1 && pieces[0].length <= COPIED_BYTES) upstream.end(pieces[0].toString('latin1'), 'latin1');
    else {
      for (const piece of pieces) upstream.write(piece);
      upstream.end();
    }
  }
}

/** In place of a body that is not there. */
export class NoBody extends Stream {
  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    destination.end();
    return destination;
  }
}

/** Whether a request has a body at all (RFC 9112 §6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}
