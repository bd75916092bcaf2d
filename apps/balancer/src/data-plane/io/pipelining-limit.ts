// How much of what a client pipelines is kept while the request before it is served. One limit for both lanes, in bytes
// of memory: the fast lane keeps the bytes as they came, the full lane requests that Node's parser has read already.

/** Reading stops beyond this. Bytes. */
export const MAX_PIPELINED_BYTES = 65_536;

/** What a request that Node has parsed takes in objects, its header fields included. Bytes, measured with a small head. */
export const PARSED_REQUEST_BYTES = 4096;
