// The details for the log of a request in the fast lane. They are read from the kept head only when the log asks for them.
import type { RequestDetails } from '../../metrics/request-log.js';
import type { Peer } from '../request/client-identity.js';
import type { RequestBodyBuffer } from './request-body-buffer.js';
import type { ForwardedRequestHead } from './request-buffer.js';

/** Reused for one request after another, like the head and the body that it reads. */
export class WireDetails implements RequestDetails {
  /** The fast lane serves no other version. */
  readonly httpVersion = '1.1';
  tlsVersion: string | undefined;
  bytesOut = 0;
  firstByteAtMs = NaN;

  constructor(
    private readonly head: ForwardedRequestHead,
    private readonly body: RequestBodyBuffer,
  ) {}

  /** Starts with a request that has arrived from this peer. */
  reset({ tlsVersion }: Peer): void {
    this.tlsVersion = tlsVersion;
    this.bytesOut = 0;
    this.firstByteAtMs = NaN;
  }

  get requestId(): string | undefined {
    return this.head.requestId;
  }

  get bytesIn(): number {
    return this.head.receivedBytes + this.body.receivedBytes;
  }

  field(name: string): string | undefined {
    return this.head.field(name);
  }
}
