// The objects that frame messages, shared by all connections of a thread. A message that arrives whole needs one only while
// it is framed; the owner of an incomplete head detaches the object and keeps it until the head is complete.
import type { RequestHead, RequestLimits, ResponseHead, Trailers } from '@fairlead/http1';
import { createRequestHead, createResponseHead, createTrailers } from './wire-fields.js';

/** As in Node. */
const MAX_RESPONSE_FIELDS = 2000;
/** As in Node. Bytes. */
const MAX_RESPONSE_HEAD_BYTES = 16_384;

export class SharedHeads {
  request: RequestHead;
  response: ResponseHead;
  readonly trailers: Trailers;
  private readonly responseLimits = { maxHeadBytes: MAX_RESPONSE_HEAD_BYTES, maxFields: MAX_RESPONSE_FIELDS };

  /** A request beyond the limits goes to the full lane, which refuses it. */
  constructor(private readonly requestLimits: RequestLimits) {
    this.request = createRequestHead(this.requestLimits);
    this.response = createResponseHead(this.responseLimits);
    this.trailers = createTrailers(this.responseLimits);
  }

  /** The caller owns the head from now on. */
  detachRequest(): RequestHead {
    const detached = this.request;
    this.request = createRequestHead(this.requestLimits);
    return detached;
  }

  /** The caller owns the head from now on. */
  detachResponse(): ResponseHead {
    const detached = this.response;
    this.response = createResponseHead(this.responseLimits);
    return detached;
  }
}
