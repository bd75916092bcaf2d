// A rule that sets the demand of a route's requests.
import { closedObject, demandSchema } from '@fairlead/contracts';
import { parse } from 'path-to-regexp';
import { z } from 'zod';

const PATH_FORM = 'must be a path pattern such as /reports/:id or /files/*rest';

/** One entry of `DEMAND_RULES`. */
export const demandRuleSchema = closedObject({
  method: z
    .string()
    .regex(/^[A-Z]+$/, 'must be a method in capitals')
    .optional(),
  path: z.string(PATH_FORM).startsWith('/', PATH_FORM).refine(isPathPattern, PATH_FORM),
  demand: demandSchema,
});

function isPathPattern(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
