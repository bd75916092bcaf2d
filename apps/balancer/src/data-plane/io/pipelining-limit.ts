// How many bytes of pipelined requests are kept while an earlier request is served, in both lanes.

/** Reading stops beyond this. Bytes. */
const MAX_PIPELINED_BYTES = 65_536;

/** Whether the waiting bytes exceed the limit. */
export function isPipeliningFull(waiting: Buffer | undefined): boolean {
  return waiting !== undefined && waiting.length > MAX_PIPELINED_BYTES;
}
