// Responses of a requested size, for tests with `?bytes=N`.
import { BadRequestException } from '@nestjs/common';
import { Readable } from 'node:stream';

const MAX_BYTES = 1_000_000_000;
const CHUNK = Buffer.alloc(65_536, ' ');

/**
 * Parses the query parameter `bytes`, the minimum length of the body. Default: 0.
 *
 * @throws {BadRequestException} when it is not a whole number from 0 to {@link MAX_BYTES}.
 */
export function paddingLength(value: unknown): number {
  if (value === undefined) return 0;
  const bytes = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (bytes <= MAX_BYTES) return bytes;
  throw new BadRequestException(`bytes must be a whole number from 0 to ${MAX_BYTES}, got ${JSON.stringify(value)}`);
}

/** Streams `body`, followed by spaces up to `minimumBytes`. Trailing spaces change neither JSON nor HTML. */
export function padded(body: Buffer, minimumBytes: number): Readable {
  return Readable.from(chunks(body, minimumBytes), { objectMode: false });
}

function* chunks(body: Buffer, minimumBytes: number): Generator<Buffer> {
  yield body;
  for (let missing = minimumBytes - body.length; missing > 0; missing -= CHUNK.length) {
    yield CHUNK.subarray(0, missing);
  }
}
