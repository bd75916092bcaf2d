// The types and helpers of the corpora of the differential tests. Nothing here depends on the balancer.

export { chunked, head, request } from '../support/http-text.js';

/** What a client sends in one go, and what it waits for before it goes on. */
export interface Sending {
  /** One character for each byte. */
  readonly bytes: string;
  /** `answer`: a final response; `continue`: any response, also an interim one; `nothing`: continues at once, in a new write. */
  readonly awaits: 'answer' | 'continue' | 'nothing';
}

/** What a client does on one connection. */
export interface RequestCase {
  readonly name: string;
  readonly sendings: readonly Sending[];
  /** Why this is not to be sent in one write, together with one more request. */
  readonly notAtOnce?: string;
}

/** How a backend leaves its connection after a response. */
export type Ending = 'keep' | 'close' | 'reset';

/** What a backend sends for a request, and what it does then. */
export interface ResponseCase {
  readonly name: string;
  /** One character for each byte. Each part is written when the one before has been sent. */
  readonly parts: readonly string[];
  readonly ending: Ending;
}

/** A sending that gets a response. */
export function answered(bytes: string): Sending {
  return { bytes, awaits: 'answer' };
}

/** A case of one sending for each of `bytes`, each waiting for its response unless pipelined. */
export function oneByOne(name: string, ...bytes: readonly string[]): RequestCase {
  return { name, sendings: bytes.map(answered) };
}

/** A case that leaves the server waiting for the rest; it goes on with bytes that can be no part of a message. */
export function unfinished(name: string, bytes: string): RequestCase {
  return { name, sendings: [{ bytes, awaits: 'nothing' }, answered(NONSENSE)] };
}

/** Ends any message that a server is reading: closes a head, overruns a short body, and is no request line. */
export const NONSENSE = `\r\n\r\n${'!'.repeat(400)}\r\n\r\n`;
