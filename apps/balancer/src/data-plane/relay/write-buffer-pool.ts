// Buffers that are written from again and again: the system may hold on to a buffer until its connection has room, while
// the next read overwrites the one that the bytes were read into.

/** As much as one read brings. */
export const POOLED_BUFFER_BYTES = 65_536;
/** Free buffers that are kept: 4 MiB. */
const MAX_KEPT = 64;

const free: Buffer[] = [];

/** Calls `write` with a copy of `bytes`, at most {@link POOLED_BUFFER_BYTES}. `write` must call `written` once it is sent. */
export function writeThroughPool(bytes: Buffer, write: (copy: Buffer, written: () => void) => boolean): boolean {
  const buffer = free.pop() ?? Buffer.allocUnsafeSlow(POOLED_BUFFER_BYTES);
  bytes.copy(buffer);
  return write(buffer.subarray(0, bytes.length), () => {
    if (free.length < MAX_KEPT) free.push(buffer);
  });
}
