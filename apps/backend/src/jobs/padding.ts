// Answers of a wanted size, for those who test with `?bytes=N`.
import { BadRequestException } from '@nestjs/common';
import { Readable } from 'node:stream';

const MAX_BYTES = 1_000_000_000;
const CHUNK = Buffer.alloc(65_536, ' ');

/**
 * The value of the query parameter `bytes`: how long the body must be at least; absent, 0.
 *
 * @throws {BadRequestException} when it is no whole number up to a thousand million.
 */
export function paddingLength(value: unknown): number {
  if (value === undefined) return 0;
  const bytes = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (bytes <= MAX_BYTES) return bytes;
  throw new BadRequestException(`bytes must be a whole number from 0 to ${MAX_BYTES}, got ${JSON.stringify(value)}`);
}

/** `body`, and blanks after it until there are `minimumBytes`; JSON and HTML mean the same with them. */
export function padded(body: Buffer, minimumBytes: number): Readable {
  return Readable.from(chunks(body, minimumBytes), { objectMode: false });
}

function* chunks(body: Buffer, minimumBytes: number): Generator<Buffer> {
  yield body;
  for (let missing = minimumBytes - body.length; missing > 0; missing -= CHUNK.length) {
    yield CHUNK.subarray(0, missing);
  }
}
