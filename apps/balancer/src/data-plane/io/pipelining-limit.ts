// How much of what a client pipelines is kept while the request before it is served, the same in both lanes.

/** Reading stops beyond this. Bytes. */
export const MAX_PIPELINED_BYTES = 65_536;
