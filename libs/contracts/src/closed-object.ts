// Strict objects whose error message lists the allowed fields.
import { z } from 'zod';

/** Unknown fields named in a message, and characters shown of each: a large body does not make a large response. */
const MAX_NAMED_FIELDS = 3;
const MAX_SHOWN_CHARACTERS = 50;

/** Like `z.strictObject`, but the message for an unknown field lists the allowed ones, which shows a misspelling. */
export function closedObject<Shape extends z.ZodRawShape>(shape: Shape) {
  const allowed = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const { keys } = issue;
      const unknown = keys.slice(0, MAX_NAMED_FIELDS).map((key) => JSON.stringify(key.slice(0, MAX_SHOWN_CHARACTERS)));
      if (keys.length > MAX_NAMED_FIELDS) unknown.push(`${keys.length - MAX_NAMED_FIELDS} more`);
      return `${unknown.join(', ')} ${keys.length === 1 ? 'is' : 'are'} unknown; allowed fields: ${allowed}`;
    },
  });
}
