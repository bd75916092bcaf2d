// How much of what a client pipelines is kept while the request before it is served, the same in both lanes.

/** Reading stops beyond this. Bytes. */
const MAX_PIPELINED_BYTES = 65_536;

/** Whether what waits is beyond the limit. */
export function isPipeliningFull(waiting: Buffer | undefined): boolean {
  return waiting !== undefined && waiting.length > MAX_PIPELINED_BYTES;
}
