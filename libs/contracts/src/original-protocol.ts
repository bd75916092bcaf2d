// The registration protocol of the first Fairlead, a Go program: a JSON body on any request to `/`.
import { z } from 'zod';
import { MAX_CAPACITY } from './resources.js';

const VECTOR_FORM = `must be a number from 0 to ${MAX_CAPACITY}`;
const PORT_FORM = 'must be a whole number from 1 to 65535';
const vector = z.number(VECTOR_FORM).min(0, VECTOR_FORM).max(MAX_CAPACITY, VECTOR_FORM);

/**
 * A body such as `{"Compute-Vector": 20, "Storage-Vector": 8}`. `Port` defaults to 80; unknown fields are ignored. A body
 * without both vectors declares nothing.
 */
export const originalRegistrationSchema = z
  .object({
    'Compute-Vector': vector.optional(),
    'Storage-Vector': vector.optional(),
    Port: z.int(PORT_FORM).min(1, PORT_FORM).max(65_535, PORT_FORM).optional(),
  })
  .refine(
    ({ 'Compute-Vector': compute, 'Storage-Vector': storage }) => compute !== 0 || storage !== 0,
    'Compute-Vector or Storage-Vector must be above zero',
  )
  .meta({ id: 'OriginalRegistration', examples: [{ 'Compute-Vector': 20, 'Storage-Vector': 8 }] });

/** See {@link originalRegistrationSchema}. */
export type OriginalRegistration = z.infer<typeof originalRegistrationSchema>;
