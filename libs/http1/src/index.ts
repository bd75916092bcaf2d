// HTTP/1.1 framing (RFC 9112) for the part of it that all servers and clients understand alike. Pure: bytes in, spans
// and numbers out; no sockets, no clock, nothing imported from Node.
//
// - `RequestHead` and `ResponseHead` frame heads, `Trailers` trailer sections, `ChunkScanner` chunked bodies. They are
//   reused: one object frames one message after another. Only an incomplete head needs its object for itself, until it
//   is complete or `reset`.
// - `FieldNames` numbers the field names that rules speak of, once at the start. A `ForwardingRule` says which of them are
//   left out on the way. The rules themselves are the caller's.
// - What goes on is put together from what was read, and only bytes that were checked against a whitelist are read: no two
//   parsers along the way can take it for different things.
//
// What is outside the subset is no error: `OUTSIDE` of a request means that a server that knows all of HTTP/1.1 has to
// look at it. Nothing here throws but constructors.
//
//   const names = new FieldNames(['via', 'x-forwarded-for']);
//   const rule = new ForwardingRule(names, ['connection', 'via', 'x-forwarded-for']);
//   const head = new RequestHead(names, { maxHeadBytes: 16_384, maxFields: 100 });
//   const length = head.frame(bytes, from, to);
//   if (length > 0) send(`${head.forwardedHead(rule)}Via: 1.1 me\r\n\r\n`);
export { ChunkScanner } from './chunk-scanner.js';
export {
  CLOSE,
  CONNECTION,
  CONTENT_LENGTH,
  FieldNames,
  HOST,
  KEEP_ALIVE,
  TRANSFER_ENCODING,
  UNKNOWN_FIELD,
} from './field-names.js';
export type { FieldSection } from './field-section.js';
export { ForwardingRule } from './forwarding-rule.js';
export type { HeadLimits } from './head.js';
export { INCOMPLETE, UNSUPPORTED } from './outcome.js';
export { RequestHead } from './request-head.js';
export { ResponseHead, type BodyEnd } from './response-head.js';
export { Trailers } from './trailers.js';
