// The details for the log of a request that Node has parsed.
import type { IncomingMessage } from 'node:http';
import type { RequestDetails } from '../../metrics/request-log.js';
import type { Peer } from '../request/client-identity.js';

/** Reads the details from Node's request when the log asks for them. */
export class ParsedDetails implements RequestDetails {
  firstByteAtMs = NaN;
  readonly tlsVersion: string | undefined;
  private readonly writtenBefore: number;

  constructor(
    private readonly request: IncomingMessage,
    { tlsVersion }: Peer,
    readonly requestId: string | undefined,
    /** How many bytes of the request have arrived. */
    private readonly countReceived: () => number,
  ) {
    this.tlsVersion = tlsVersion;
    this.writtenBefore = request.socket.bytesWritten;
  }

  get httpVersion(): string {
    return this.request.httpVersion;
  }

  get bytesIn(): number {
    return this.countReceived();
  }

  get bytesOut(): number {
    return this.request.socket.bytesWritten - this.writtenBefore;
  }

  /** Reads the raw header list, since the full lane removes the parsed headers. */
  field(name: string): string | undefined {
    const { rawHeaders } = this.request;
    const at = rawHeaders.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name);
    return at === -1 ? undefined : rawHeaders[at + 1];
  }
}
