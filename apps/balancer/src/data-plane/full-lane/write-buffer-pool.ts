// Buffers that are used again and again for what is written: the system may hold on to a buffer until its connection has
// room, while what was read stands in a buffer that the next read needs.

/** As much as is read at a time. */
export const POOLED_BUFFER_BYTES = 65_536;
/** So many are kept while nobody needs them: 4 MiB. */
const MAX_KEPT = 64;

const kept: Buffer[] = [];

/** Has `write` write a copy of `bytes`, no more than a slab holds. It must call `written` when it has. */
export function writeThroughPool(bytes: Buffer, write: (copy: Buffer, written: () => void) => boolean): boolean {
  const slab = kept.pop() ?? Buffer.allocUnsafeSlow(POOLED_BUFFER_BYTES);
  bytes.copy(slab);
  return write(slab.subarray(0, bytes.length), () => {
    if (kept.length < MAX_KEPT) kept.push(slab);
  });
}
