// A request body that can be sent more than once: sent as it arrives, and kept up to a limit.
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Stream } from 'node:stream';
import { requestTrailerPairs } from '../headers/request-field-filter.js';

/** What a body reports as it arrives. */
export interface BodyObserver {
  /** Bytes have arrived. */
  onBytes(count: number): void;
  /** All of it has arrived. */
  onComplete(): void;
  /** It is longer than a body may be. The rest is dropped. */
  onTooLarge(): void;
}

/** How much of a body is kept and accepted. Bytes. */
export interface BodyLimits {
  /** A body up to this can be sent again. */
  readonly keptBytes: number;
  /** A longer body is refused. */
  readonly maxBytes: number;
  /** Names in lower case of trailers that are not forwarded, besides those that never are; undefined for none. */
  readonly droppedTrailers: ReadonlySet<string> | undefined;
}

/** This much is read while no backend has the request. Bytes. */
const READ_AHEAD_BYTES = 65_536;
/** A whole body up to this is sent as one text with its head. Bytes. */
const COPIED_BYTES = 8192;

/** A stream as far as http-proxy-middleware needs one: it can be piped. */
export class ReplayableBody extends Stream {
  /** Everything that has arrived; undefined once that is more than the limit. */
  private kept: Buffer[] | undefined = [];
  /** What the present attempt was not given yet. */
  private waiting: Buffer[] = [];
  private bytes = 0;
  /** As declared: the last byte is known before Node emits `end`. NaN without a length. */
  private readonly lengthBytes: number;
  private hasEnded = false;
  private isDiscarding = false;
  private upstream: ClientRequest | undefined;

  constructor(
    private readonly source: IncomingMessage,
    private readonly limits: BodyLimits,
    private readonly observer: BodyObserver,
  ) {
    super();
    this.lengthBytes = Number(source.headers['content-length']);
    source.on('data', (chunk: Buffer) => this.onData(chunk));
    source.on('end', () => this.onEnd());
  }

  /** Whether {@link rewind} leads to the beginning: false once the limit is passed. */
  get isReplayable(): boolean {
    return this.kept !== undefined;
  }

  /** A copy of the body, which has arrived whole; undefined if it is not kept. */
  copyWhole(): Buffer | undefined {
    return this.kept && Buffer.concat(this.kept);
  }

  /** The attempt is over: stop sending; the next attempt starts from the first byte. */
  rewind(): void {
    this.upstream = undefined;
    this.waiting = this.kept?.slice() ?? [];
  }

  /** Sends the body from its beginning, and the rest as it arrives. */
  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    // The middleware pipes to a request of Node's client only.
    const upstream = destination as unknown as ClientRequest;
    const pieces = this.waiting;
    this.waiting = [];
    this.upstream = upstream;
    if (this.isWhole) this.sendAll(upstream, pieces);
    else for (const piece of pieces) upstream.write(piece);
    this.source.resume();
    return destination;
  }

  /** Reads and drops what is still to arrive, so that the client can finish sending and sees its response. */
  discard(): void {
    this.kept = undefined;
    this.waiting = [];
    this.upstream = undefined;
    this.isDiscarding = true;
    this.source.resume();
  }

  private onData(chunk: Buffer): void {
    this.observer.onBytes(chunk.length);
    if (this.isDiscarding) return;
    this.bytes += chunk.length;
    if (this.bytes > this.limits.maxBytes) {
      this.discard();
      this.observer.onTooLarge();
      return;
    }
    if (this.bytes > this.limits.keptBytes) this.kept = undefined;
    else this.kept?.push(chunk);
    const { upstream } = this;
    if (upstream) this.send(upstream, chunk);
    else {
      this.waiting.push(chunk);
      if (this.bytes >= READ_AHEAD_BYTES) this.source.pause();
    }
  }

  private send(upstream: ClientRequest, chunk: Buffer): void {
    // The attempt is over: the next one, or the response, decides what becomes of the rest.
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
    this.observer.onComplete();
  }

  private get isWhole(): boolean {
    return this.hasEnded || this.bytes === this.lengthBytes;
  }

  private trailers(): [string, string][] {
    const { droppedTrailers } = this.limits;
    const pairs = requestTrailerPairs(this.source.rawTrailers);
    return droppedTrailers ? pairs.filter(([name]) => !droppedTrailers.has(name.toLowerCase())) : pairs;
  }

  /** The last pieces, and the end. */
  private sendAll(upstream: ClientRequest, pieces: readonly Buffer[]): void {
    if (upstream.chunkedEncoding) upstream.addTrailers(this.trailers());
    if (pieces.length === 1 && pieces[0].length <= COPIED_BYTES) upstream.end(pieces[0].toString('latin1'), 'latin1');
    else {
      for (const piece of pieces) upstream.write(piece);
      upstream.end();
    }
  }
}
