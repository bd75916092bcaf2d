// Objects that take no other field than their own, and say which those are.
import { z } from 'zod';

/** As `z.strictObject`, with a message that names the fields there are: a misspelt one is found at a glance. */
export function closedObject<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const unknown = issue.keys.map((key) => `"${key}"`).join(', ');
      return `${unknown} ${issue.keys.length === 1 ? 'is' : 'are'} unknown; it may have ${known}`;
    },
  });
}
