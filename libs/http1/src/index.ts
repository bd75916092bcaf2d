/**
 * HTTP/1.1 framing (RFC 9112) for the subset that all servers and clients interpret in the same way. Pure: takes bytes
 * and returns spans and numbers, without sockets, clock or imports from Node.
 *
 * - `RequestFramer` finds the end of any request, for a parser that must get one at a time.
 * - `RequestHead` and `ResponseHead` frame heads, `Trailers` frames trailer sections, `ChunkScanner` chunked bodies.
 *   Each object is reused for one message after another, but an incomplete head keeps its object until it is complete
 *   or `reset`.
 * - `FieldNames` assigns numbers to the field names in the caller's rules, once at the start. A `ForwardingRule` says
 *   which of them are dropped. The rules themselves are the caller's.
 * - What is forwarded is assembled from what was parsed, and only bytes on an allowlist are accepted. So no later
 *   parser can interpret it differently.
 *
 * Input outside the subset is not an error. `UNSUPPORTED` for a request means that a complete HTTP/1.1 server has to
 * handle it. Only constructors and lookups by name throw.
 *
 *   const names = new FieldNames(['via', 'x-forwarded-for'], ['x-forwarded-']);
 *   const rule = new ForwardingRule(names, ['connection', 'via', 'x-forwarded-for', 'x-forwarded-', '_']);
 *   const head = new RequestHead(names, { maxHeadBytes: 16_384, maxTargetBytes: 8192, maxFields: 100 });
 *   const length = head.frame(bytes, from, to);
 *   if (length > 0) send(`${head.forwardedHead(rule)}Via: 1.1 me\r\n\r\n`);
 *
 * @module @fairlead/http1
 */
export { ChunkScanner } from './chunk-scanner.js';
export { FieldNames, UNDERSCORED } from './field-names.js';
export type { FieldSection } from './field-section.js';
export { ForwardingRule } from './forwarding-rule.js';
export type { FramingError } from './framing-error.js';
export { parseContentLength } from './framing-fields.js';
export type { HeadLimits, RequestLimits } from './head.js';
export { isHost } from './host.js';
export { INCOMPLETE, UNSUPPORTED } from './outcome.js';
export { RequestFramer } from './request-framer.js';
export { RequestHead } from './request-head.js';
export { ResponseHead, type BodyEnd } from './response-head.js';
export { Trailers } from './trailers.js';
