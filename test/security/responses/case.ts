// The form of the cases of hostile responses: what a backend sends, and what its client may see of it.
import { chunked, head } from '../../support/http-text.ts';

export { chunked, head };

/** A word that no client may get to see, except where it is the body of a response that is valid. */
export const FORGED = 'forged';

/** What a client may see of a response. */
export type Fate =
  /** 502 to 504 of the balancer. */
  | 'refused'
  /** The response broke off, as the client can tell. */
  | 'cut'
  /** The response, whole: `relayed` in the case. */
  | 'relayed';

export interface ResponseAttack {
  readonly name: string;
  /** One character for each byte; each part is written when the balancer has read those before. */
  readonly parts: readonly string[];
  /** What the backend does then. */
  readonly ending: 'keep' | 'close' | 'reset';
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly may: readonly Fate[];
  /** Status and body, when it may be relayed. */
  readonly relayed?: readonly [status: number, body: string];
}

type Ending = ResponseAttack['ending'];

/** A response that no client may get as whole. */
export function rejected(name: string, bytes: string, ending: Ending = 'keep'): ResponseAttack {
  return { name, parts: [bytes], ending, method: 'GET', may: ['refused', 'cut'] };
}

/** A response that the client gets, and nothing of what else came. */
export function relayed(
  name: string,
  bytes: string | readonly string[],
  [status, body]: readonly [number, string] = [200, 'body'],
  ending: Ending = 'keep',
): ResponseAttack {
  const parts = typeof bytes === 'string' ? [bytes] : bytes;
  return { name, parts, ending, method: 'GET', may: ['relayed'], relayed: [status, body] };
}

/** A response that servers read in two ways, or with an error: it may be refused, or relayed in the one right way. */
export function either(
  name: string,
  bytes: string,
  reading: readonly [number, string] = [200, 'body'],
): ResponseAttack {
  return { ...relayed(name, bytes, reading), may: ['refused', 'cut', 'relayed'] };
}

export const CHUNKED = 'Transfer-Encoding: chunked';
export const LENGTH = 'Content-Length: 4';

/** A response of 200 with these lines. */
export function ok(lines: readonly string[], body = ''): string {
  return head('HTTP/1.1 200 OK', lines) + body;
}

/** A response in chunks, whose body is given byte by byte. */
export function inChunks(body: string, ...lines: readonly string[]): string {
  return ok([CHUNKED, ...lines], body);
}

/** A whole response that no request asked for. */
export const UNASKED = ok([`Content-Length: ${FORGED.length}`], FORGED);
