// Objects that take no other field than their own, and say which those are.
import { z } from 'zod';

/** So many unknown fields are named, and so many characters of each, lest the answer grow with the question. */
const NAMED = 3;
const SHOWN_CHARACTERS = 50;

/** As `z.strictObject`, with a message that names the fields there are: a misspelt one is found at a glance. */
export function closedObject<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const { keys } = issue;
      const unknown = keys.slice(0, NAMED).map((key) => JSON.stringify(key.slice(0, SHOWN_CHARACTERS)));
      if (keys.length > NAMED) unknown.push(`${keys.length - NAMED} more`);
      return `${unknown.join(', ')} ${keys.length === 1 ? 'is' : 'are'} unknown; it may have ${known}`;
    },
  });
}
