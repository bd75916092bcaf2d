// The objects that frame messages, shared by all connections of a thread. A message that arrives whole needs one only while
// it is framed; the owner of an incomplete head detaches the object and keeps it until the head is complete.
import type { RequestHead, ResponseHead, Trailers } from '@fairlead/http1';
import { createRequestHead, createResponseHead, createTrailers } from './wire-fields.js';

/** Node's own limit is 2000 fields; a request with more than this goes to the full lane. */
const MAX_REQUEST_FIELDS = 100;
const MAX_RESPONSE_FIELDS = 2000;
/** As in Node. Bytes. */
const MAX_RESPONSE_HEAD_BYTES = 16_384;

export class SharedHeads {
  request: RequestHead;
  response: ResponseHead;
  readonly trailers: Trailers;
  private readonly requestLimits;
  private readonly responseLimits = { maxHeadBytes: MAX_RESPONSE_HEAD_BYTES, maxFields: MAX_RESPONSE_FIELDS };

  /** `maxRequestHeadBytes`: a longer head goes to the full lane. */
  constructor(maxRequestHeadBytes: number) {
    this.requestLimits = { maxHeadBytes: maxRequestHeadBytes, maxFields: MAX_REQUEST_FIELDS };
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
