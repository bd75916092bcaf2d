// The body that belongs to a request. Both sides derive it from the id, so that the client detects the response to
// another request, or an incomplete one.
import { createHash } from 'node:crypto';

/** Header that carries a request's id; a POST carries it as its body too. */
export const ID_HEADER = 'chaos-id';

const FILLER = '.'.repeat(900);

/** About 1 KiB, which begins and ends with the id. */
export function answerBody(id: string): string {
  const check = createHash('sha256').update(id).digest('hex');
  return `${id} ${check} ${FILLER} ${id}\n`;
}
