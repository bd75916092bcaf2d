// A request of the fast lane while its head is read: what the request reader and the forwarding headers ask of it.
import type { RequestHead } from '@fairlead/http1';
import type { ForwardableRequest } from '../headers/forwarded-header-cache.js';
import type { Peer } from '../request/client-identity.js';
import type { RequestFacts } from '../request/request-reader.js';
import { HOST, fieldOf } from './wire-fields.js';

/** One request of a connection after another. Valid while the head that it was {@link reset} to is. */
export class WireRequest implements RequestFacts, ForwardableRequest {
  /** The fast lane takes no other. */
  readonly httpVersion = '1.1';
  method = '';
  target = '';
  bodyBytes = 0;
  private head: RequestHead | undefined;
  /** The value of `Host` that {@link isHost} or {@link host} met last, as text and as bytes. */
  private knownHost = '';
  private hostBytes = Buffer.alloc(0);

  constructor(readonly peer: Peer) {}

  /** Begins with a head that was framed. */
  reset(head: RequestHead): void {
    this.head = head;
    this.method = head.method;
    this.target = head.target;
    this.bodyBytes = Math.max(0, head.contentLength);
  }

  /** A field by its name in lower case. */
  readonly field = (name: string) => (this.head ? fieldOf(this.head, name) : undefined);

  /** The requests of a connection mostly have one host, which is compared as bytes. */
  get host(): string {
    if (!this.isHost(this.knownHost)) this.remember(this.field('host') ?? '');
    return this.knownHost;
  }

  isHost(host: string): boolean {
    if (host !== this.knownHost) this.remember(host);
    return this.head?.fields.isValue(HOST, this.hostBytes) === true;
  }

  private remember(host: string): void {
    this.knownHost = host;
    this.hostBytes = Buffer.from(host, 'latin1');
  }
}
