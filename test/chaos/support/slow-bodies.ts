// Long bodies between fast and slow ends: what both programs share, and the messages they exchange with the harness.
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the client of the bodies is told to do. */
export interface BodyOrders {
  readonly balancerPort: number;
  readonly downloads: number;
  readonly uploads: number;
  readonly bytesEach: number;
  /** How fast the client of a download and the backend of an upload read; as fast as they can when there is no limit. */
  readonly bytesPerSecond: number | undefined;
}

/** What became of the bodies, when all are over or the client was told to stop. */
export interface BodyReport {
  /** Bodies that came whole. */
  readonly whole: number;
  /** Bodies that were cut, or not taken in. */
  readonly failed: number;
  /** Bytes that came down so far. */
  readonly downloaded: number;
}

/** Paths of the two directions: the size of a download follows, or how many bytes per second are read of an upload. */
export const DOWNLOAD_PATH = '/download/';
export const UPLOAD_PATH = '/upload/';

const BLOCK = Buffer.alloc(64 * 1024, 'x');

/** Reads no faster than this, and reports the bytes of each read. @throws {Error} when the body breaks off. */
export async function readSlowly(
  body: Readable,
  bytesPerSecond = Infinity,
  came: (bytes: number) => void = () => {},
): Promise<number> {
  const begun = performance.now();
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    came(chunk.length);
    const aheadMs = begun + (bytes / bytesPerSecond) * 1_000 - performance.now();
    if (aheadMs > 0) await sleep(aheadMs);
  }
  return bytes;
}

/** Sends as fast as it is taken in. */
export async function sendFast(sink: Writable, bytes: number): Promise<void> {
  for (let left = bytes; left > 0 && !sink.destroyed; left -= BLOCK.length) {
    const isTakenIn = sink.write(BLOCK.subarray(0, Math.min(BLOCK.length, left)));
    if (!isTakenIn) await Promise.race([once(sink, 'drain'), once(sink, 'close')]);
  }
  sink.end();
}
