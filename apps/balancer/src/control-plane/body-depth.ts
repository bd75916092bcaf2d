// Refuses request bodies whose JSON is nested deeply, before they are parsed: code that walks through a value calls itself
// for each level, and would run out of stack.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpException } from '@nestjs/common';

/** No body of the API has more than three levels. */
const MAX_DEPTH = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** The encodings whose ASCII characters are single bytes. JSON has no other than UTF-8 (RFC 8259 §8.1). */
const ENCODINGS = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);

/** For the option `verify` of body-parser. @throws {HttpException} */
export function requireShallowBody(_: IncomingMessage, __: ServerResponse, body: Buffer, encoding: string): void {
  if (!ENCODINGS.has(encoding)) throw new HttpException(`the body must be UTF-8, got ${encoding.slice(0, 50)}`, 415);
  if (depthOf(body) > MAX_DEPTH) {
    throw new HttpException(`the body must have at most ${MAX_DEPTH} levels of lists and objects`, 400);
  }
}

/** The levels of lists and objects in JSON text. Of text that is not JSON: no fewer than its parser goes down. */
export function depthOf(json: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (isInString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (OPENING.has(byte)) deepest = Math.max(deepest, ++depth);
    else if (CLOSING.has(byte)) depth--;
  }
  return deepest;
}
